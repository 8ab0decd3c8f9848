import type { KubernetesObject } from '../charts/src/index.ts'
import type { Kubectl } from '../kubectl/kubectl.ts'

/** What a cluster has before anything is applied. */
export interface Found {
  readonly namespaces: ReadonlySet<string>
  /** Such as `apps/v1`. */
  readonly apiVersions: ReadonlySet<string>
}

/** @throws KubectlError when the cluster does not answer or refuses us */
export async function look(kubectl: Kubectl): Promise<Found> {
  const [namespaces, apiVersions] = await Promise.all([
    kubectl(['get', 'namespaces', '-o', 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}']),
    kubectl(['api-versions']),
  ])
  return { namespaces: lines(namespaces), apiVersions: lines(apiVersions) }
}

/**
 * Objects of kinds that neither the cluster nor the bundle brings could only fail, half-way.
 *
 * @throws Error that names the kinds
 */
export function assertKindsServed(found: Found, objects: readonly KubernetesObject[]): void {
  const own = new Set(
    objects.filter(({ kind }) => kind === 'CustomResourceDefinition').map(({ spec }) => groupOf(spec)),
  )
  const missing = objects.filter(
    ({ apiVersion }) => !found.apiVersions.has(apiVersion) && !own.has(apiVersion.slice(0, apiVersion.indexOf('/'))),
  )
  if (missing.length === 0) return
  const kinds = new Set(missing.map(({ apiVersion, kind }) => `${kind} (${apiVersion})`))
  throw new Error(
    `The cluster does not serve ${[...kinds].join(', ')}. Install the operators of these kinds first; nothing was changed.`,
  )
}

/** Whether it could be there already: its namespace and its kind are. */
export function couldExist(found: Found, { apiVersion, metadata: { namespace } }: KubernetesObject): boolean {
  return found.apiVersions.has(apiVersion) && (namespace === undefined || found.namespaces.has(namespace))
}

function groupOf(spec: unknown): string {
  return (spec as { group: string }).group
}

function lines(text: string): Set<string> {
  return new Set(text.split('\n').filter((line) => line !== ''))
}

import type { KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'

/** Namespaces and kinds of a cluster before anything is applied. */
export interface Found {
  readonly namespaces: ReadonlySet<string>
  /** Served kinds of the objects' API versions, as `kindOf` writes them. */
  readonly kinds: ReadonlySet<string>
}

/**
 * Reads the namespaces and kinds that these objects need.
 *
 * @throws KubectlError when the cluster does not answer or refuses access
 */
export async function look(kubectl: Kubectl, objects: readonly KubernetesObject[]): Promise<Found> {
  const [namespaces, apiVersions] = await Promise.all([
    kubectl(['get', 'namespaces', '-o', 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}']),
    kubectl(['api-versions']),
  ])
  const served = lines(apiVersions)
  const wanted = new Set(objects.map(({ apiVersion }) => apiVersion).filter((apiVersion) => served.has(apiVersion)))
  // `kubectl api-resources` lists only the preferred version of each group.
  const kinds = await Promise.all([...wanted].map((apiVersion) => kindsOf(kubectl, apiVersion)))
  return { namespaces: lines(namespaces), kinds: new Set(kinds.flat()) }
}

/**
 * Checks that the cluster, or a CRD among the objects, defines every kind: otherwise applying would fail half-way.
 *
 * @throws Error that names the missing kinds
 */
export function assertKindsServed(found: Found, objects: readonly KubernetesObject[]): void {
  const own = new Set(objects.flatMap(definedKinds))
  const needed = new Set(objects.map(kindOf))
  const missing = [...needed].filter((kind) => !found.kinds.has(kind) && !own.has(kind))
  if (missing.length === 0) return
  throw new Error(
    `The cluster does not serve ${missing.join(', ')}. Install the operators of these kinds first; nothing was changed.`,
  )
}

/** Whether the object may exist already: its namespace and its kind do. */
export function couldExist(found: Found, object: KubernetesObject): boolean {
  const { namespace } = object.metadata
  return found.kinds.has(kindOf(object)) && (namespace === undefined || found.namespaces.has(namespace))
}

/** `PerconaXtraDBCluster (pxc.percona.com/v1)`. */
export function kindOf({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): string {
  return `${kind} (${apiVersion})`
}

async function kindsOf(kubectl: Kubectl, apiVersion: string): Promise<string[]> {
  const text = await kubectl(['get', '--raw', `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`])
  const { resources } = JSON.parse(text) as { resources: readonly { readonly name: string; readonly kind: string }[] }
  // `deployments/scale` is a subresource.
  return resources.filter(({ name }) => !name.includes('/')).map(({ kind }) => kindOf({ apiVersion, kind }))
}

/** Kinds that a CustomResourceDefinition defines; none for any other object. */
function definedKinds({ kind, spec }: KubernetesObject): string[] {
  if (kind !== 'CustomResourceDefinition') return []
  const { group, names, versions } = spec as Definition
  const served = versions.filter((version) => version.served)
  return served.map(({ name }) => kindOf({ apiVersion: `${group}/${name}`, kind: names.kind }))
}

interface Definition {
  readonly group: string
  readonly names: { readonly kind: string }
  readonly versions: readonly { readonly name: string; readonly served: boolean }[]
}

function lines(text: string): Set<string> {
  return new Set(text.split('\n').filter((line) => line !== ''))
}

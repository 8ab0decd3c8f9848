import type { KubernetesObject } from '@chat-app/chat'
import type { ApiServer } from './api-server.ts'

/** Returns copies of the objects with another namespace. */
export function movedTo(namespace: string, objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }))
}

const PARALLEL_REQUESTS = 8

/**
 * Returns the errors and warnings of the API server for the objects. Nothing is stored.
 *
 * @param known results for objects (by their JSON) of earlier calls, because environments share most objects; new
 * results are added
 */
export async function objections(
  server: ApiServer,
  objects: readonly KubernetesObject[],
  known = new Map<string, readonly string[]>(),
): Promise<string[]> {
  const bodies = new Map(objects.map((object) => [JSON.stringify(object), object]))
  const entries = bodies.entries()
  const ask = async (): Promise<void> => {
    for (const [body, object] of entries) if (!known.has(body)) known.set(body, await objectionsTo(server, object))
  }
  await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, ask))
  return objects.flatMap((object) => known.get(JSON.stringify(object)) ?? [])
}

async function objectionsTo(server: ApiServer, object: KubernetesObject): Promise<string[]> {
  const name = `${object.kind} ${object.metadata.name}`
  if ((await server.isNamespaced(object)) && object.metadata.namespace === undefined)
    return [`${name}: has no namespace`]
  const first = await server.wouldTake(object)
  const { code, message, warnings } = first.code === CONFLICT ? await server.wouldApply(object) : first
  return (code < 300 ? warnings : [message]).map((text) => `${name}: ${text}`)
}

/** HTTP status for an object that already exists. */
const CONFLICT = 409

/** Returns a pod for each pod template in the objects, because Pod Security refuses pods, but only warns about workloads. */
export function podsOf(objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.flatMap(({ metadata: { name, namespace = '' }, spec }) => {
    const { jobTemplate, template = jobTemplate?.spec.template } = (spec ?? {}) as Templates
    if (template?.spec?.['containers'] === undefined) return []
    const pod = { restartPolicy: 'Never', ...template.spec, volumes: withClaims(template.spec, spec) }
    return [{ apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name, namespace }, spec: pod }]
  })
}

interface Templates {
  readonly template?: PodTemplate
  /** Template of a CronJob. */
  readonly jobTemplate?: { readonly spec: { readonly template: PodTemplate } }
}

interface PodTemplate {
  readonly metadata?: object
  readonly spec?: Readonly<Record<string, unknown>>
}

// A StatefulSet adds its volume claims to the volumes of its pods.
function withClaims(pod: Readonly<Record<string, unknown>>, spec: unknown): unknown[] {
  const { volumeClaimTemplates = [] } = spec as { volumeClaimTemplates?: { metadata: { name: string } }[] }
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }))
  return [...((pod['volumes'] ?? []) as unknown[]), ...claims]
}

import type { KubernetesObject } from '@chat-app/chat'
import { differences } from './differences.ts'
import type { Known } from './known.ts'
import type { ObjectChange } from './plan.ts'

/** Kinds that belong to a release: its steps tell of them. */
const OF_RELEASE = new Set(['ConfigMap', 'Job', 'ControllerRevision'])

/** What follows at once beside the pods: the ChatApp before and after, by the same renderer. */
export function objectChanges({ choice, former, input: { owned } }: Known): ObjectChange[] {
  const before = new Map(former?.objects.map((object) => [nameOf(object), object]))
  const after = new Set(choice.objects.map((object) => nameOf(object)))
  const live = new Set(owned.objects.map((object) => nameOf(object)))
  // Who may not read the objects gets what differs between the two.
  const isLive = (object: KubernetesObject) => owned.unread.length > 0 || live.has(nameOf(object))
  const written = choice.objects.filter(isTold).flatMap((object): ObjectChange[] => {
    const known = before.get(nameOf(object))
    if (known === undefined || !isLive(object)) return isService(object) ? [] : [changeOf('create', object)]
    const fields = differences(comparable(known), comparable(object))
    return fields.length === 0 ? [] : [{ ...changeOf('update', object), fields }]
  })
  const gone = [...before.values()].filter((object) => isTold(object) && isLive(object) && !after.has(nameOf(object)))
  return [...written, ...gone.filter((object) => !isService(object)).map((object) => changeOf('delete', object))]
}

function isTold({ kind }: KubernetesObject): boolean {
  return !OF_RELEASE.has(kind)
}

/** That it starts or stops is told of the service. */
function isService({ kind }: KubernetesObject): boolean {
  return kind === 'Deployment'
}

function changeOf(action: ObjectChange['action'], { kind, metadata: { name } }: KubernetesObject): ObjectChange {
  return { action, kind, name, fields: [] }
}

/** Without what is told elsewhere: the pods, and the version, which is in a label of everything. */
function comparable({ kind, metadata, ...object }: KubernetesObject): object {
  const { 'app.kubernetes.io/version': _version, ...labels } = metadata.labels ?? {}
  const spec = kind === 'Deployment' ? { spec: { ...(object['spec'] as object), template: undefined } } : {}
  return { ...object, ...spec, metadata: { labels, annotations: metadata.annotations } }
}

function nameOf({ kind, metadata }: { readonly kind: string; readonly metadata: { readonly name: string } }): string {
  return `${kind}/${metadata.name}`
}

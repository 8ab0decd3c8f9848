import { hashOf } from '@chat-app/chat'
import { DESIRED_HASH } from '../../plan/seal.ts'
import { at, isRecord } from '../../runtime/json.ts'
import type { KubeObject } from '../../runtime/types.ts'
import type { Recording } from './recordings.ts'

/** Kinds that an older operator rendered otherwise. */
const CHANGED_KINDS = new Set([
  'Deployment',
  'ReplicaSet',
  'ControllerRevision',
  'Service',
  'NetworkPolicy',
  'PodDisruptionBudget',
  'ServiceMonitor',
])
const PORTS: Readonly<Record<string, string>> = { '8080': '8180', '8085': '8185', '9090': '9190' }
const PORT_NAMES: Readonly<Record<string, string>> = { http: 'web', metrics: 'stats' }
/** A further label by which pods are selected. */
const LABEL = { team: 'chat' }
const OWNED_LABEL = { 'f:team': {} }
const TEMPLATE_HASH = 'chat-app.com/template-hash'

/**
 * The recording as an operator would have left it whose pods have other ports, other names of ports, another variable, and
 * one label more by which they are selected, than those of today.
 */
export function aged({ chatApps, ...recording }: Recording): Recording {
  return { ...recording, chatApps: chatApps.map((objects) => resealed(objects.map(agedObject))) }
}

function agedObject(object: KubeObject): KubeObject {
  if (!CHANGED_KINDS.has(object.kind)) return object
  const other = changed(object)
  const hash = other.metadata.annotations?.[DESIRED_HASH]
  if (hash === undefined) return other
  // That of what the older operator rendered.
  const annotations = { ...other.metadata.annotations, [DESIRED_HASH]: hashOf([hash, LABEL]) }
  return { ...other, metadata: { ...other.metadata, annotations } }
}

/** Also changes managed fields, whose keys contain ports and labels. */
function changed<T>(value: T): T {
  const text = JSON.stringify(value, (_key, each: unknown) => {
    if (isRecord(each) && 'app.kubernetes.io/component' in each) return { ...each, ...LABEL }
    if (isRecord(each) && 'f:app.kubernetes.io/component' in each) return { ...each, ...OWNED_LABEL }
    return typeof each === 'string' ? (PORT_NAMES[each] ?? each) : each
  })
  return JSON.parse(text.replaceAll(/\b(8080|8085|9090)\b/g, (port) => PORTS[port] ?? port)) as T
}

/** With the names and hashes that follow from the templates. */
function resealed(objects: readonly KubeObject[]): KubeObject[] {
  const [{ metadata: { name } } = missing()] = objects
  const records = objects.map((object) => (object.kind === 'ControllerRevision' ? renamed(object, name) : object))
  const newest = records
    .filter(({ kind }) => kind === 'ControllerRevision')
    .sort((a, b) => Number(a['revision']) - Number(b['revision']))
    .at(-1)
  return records.map((object) => {
    const template = at<unknown>(newest, 'data', 'templates', object.metadata.name)
    if (object.kind !== 'Deployment' || !isRecord(template)) return object
    const annotations = { ...object.metadata.annotations, [TEMPLATE_HASH]: hashOf(template) }
    return { ...object, metadata: { ...object.metadata, annotations } }
  })
}

function renamed(record: KubeObject, chatApp: string): KubeObject {
  const inputs = hashOf(at(record, 'data', 'templates'))
  const data = { ...at<object>(record, 'data'), inputs }
  return { ...record, metadata: { ...record.metadata, name: `${chatApp}-${inputs.slice(0, 10)}` }, data }
}

function missing(): never {
  throw new Error('a recording has no objects')
}

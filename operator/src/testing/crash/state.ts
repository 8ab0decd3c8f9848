import { isDeepStrictEqual } from 'node:util'
import { CHAT_APPS, CHILDREN, CONTROLLER_REVISIONS, PODS, type Resource } from '@chat-app/chat/resources'
import { componentOf, isTerminating } from '../../observe/pods.ts'
import { DESIRED_HASH } from '../../plan/seal.ts'
import { at, isRecord } from '../../runtime/json.ts'
import { controllerOf, type KubeObject } from '../../runtime/types.ts'
import type { Chat } from '../namespace.ts'

const REPLICA_SETS: Resource = { group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets' }

/** Fields that differ between two runs of the same scenario: identities, times, and names that a controller generates. */
const INCIDENTAL = new Set([
  'resourceVersion',
  'creationTimestamp',
  'managedFields',
  'lastTransitionTime',
  'lastProbeTime',
  'lastUpdateTime',
  'startTime',
  'completionTime',
  'clusterIP',
  'clusterIPs',
  'pod-template-hash',
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
  // It covers the owner's UID.
  DESIRED_HASH,
])

/** Of a value that differs. */
const MAX_SHOWN_CHARACTERS = 300
/** Identities, also in the keys of owned fields. */
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
/** Times inside a text, as in what a record has learned. */
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g

/** Names of pods, in messages. */
const POD = /chat-(?:api|websocket|migrate-[0-9a-f]+)-(?:[a-z0-9]+-)?[a-z0-9]{5}\b/g

/** What the operator's field managers own of an object; an entry with other fields would show a write that the reference lacks. */
interface Managed {
  readonly manager: string
  readonly operation: string
  readonly fieldsV1: object
}

/**
 * All that a scenario has left in a namespace, in a form that is equal for equal scenarios: the ChatApp with its status, its
 * children with their numbers and field managers, the ReplicaSets, and the pods by their component.
 */
export async function stateOf(chat: Chat): Promise<Record<string, unknown>> {
  const resources = [CHAT_APPS, ...CHILDREN, CONTROLLER_REVISIONS, REPLICA_SETS, PODS]
  const objects = (await Promise.all(resources.map((resource) => chat.list(resource)))).flat()
  const state: Record<string, string[]> = {}
  for (const object of objects.filter(isOfScenario)) (state[nameOf(object)] ??= []).push(textOf(object, chat.namespace))
  const parsed = (texts: readonly string[]): unknown[] => texts.toSorted().map((text) => JSON.parse(text) as unknown)
  return Object.fromEntries(Object.entries(state).map(([name, texts]) => [name, parsed(texts)]))
}

/** The paths at which two states differ, each with both values; empty when they are equal. */
export function differences(actual: unknown, expected: unknown, path = ''): string[] {
  if (isDeepStrictEqual(actual, expected)) return []
  if (!isObject(actual) || !isObject(expected))
    return [`${path}: ${short(actual)}, in the reference ${short(expected)}`]
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)])
  return [...keys].flatMap((key) =>
    differences(at(actual, key), at(expected, key), path === '' ? key : `${path}.${key}`),
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function short(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, MAX_SHOWN_CHARACTERS)
}

/** Not what Kubernetes puts into every namespace, nor a pod that is leaving. */
function isOfScenario(object: KubeObject): boolean {
  const { kind, metadata } = object
  if (kind === 'ConfigMap') return metadata.name !== 'kube-root-ca.crt'
  if (kind === 'ServiceAccount') return metadata.name !== 'default'
  return kind !== 'Pod' || !isTerminating(object)
}

/** Kind and name; pods and ReplicaSets have generated names, and are listed by what they belong to. */
function nameOf(object: KubeObject): string {
  const { kind, metadata } = object
  if (kind === 'Pod') return `Pod of ${componentOf(object)}`
  return kind === 'ReplicaSet' ? `ReplicaSet of ${controllerOf(object)?.name}` : `${kind} ${metadata.name}`
}

function textOf(object: KubeObject, namespace: string): string {
  const text = JSON.stringify({ ...cleaned(partOf(object)), managed: managedOf(object) })
  const generated = [
    [namespace, 'NAMESPACE'],
    [UUID, 'UID'],
    [TIME, 'TIME'],
    [POD, 'POD'],
  ] as const
  return generated.reduce((scrubbed, [value, name]) => scrubbed.replaceAll(value, name), text)
}

/** The part of an object that the operator determines, alone or through a controller that always does the same. */
function partOf(object: KubeObject): object {
  const { kind, metadata } = object
  if (kind === 'Pod')
    return { phase: at(object, 'status', 'phase'), image: at(object, 'spec', 'containers', 0, 'image') }
  if (kind === 'ReplicaSet') return { replicas: at(object, 'spec', 'replicas'), annotations: metadata.annotations }
  if (kind === 'HorizontalPodAutoscaler') return { ...object, status: undefined }
  if (kind !== 'Deployment') return object
  // Annotations count in a Deployment's generation, so that two writes in one are one less; ReplicaSets count the templates.
  const { conditions: _, observedGeneration: _g, ...counts } = at<Record<string, unknown>>(object, 'status') ?? {}
  return { ...object, metadata: { ...metadata, generation: undefined }, status: counts }
}

function cleaned(value: unknown): object {
  return JSON.parse(JSON.stringify(value, (key, field: unknown) => (INCIDENTAL.has(key) ? undefined : sorted(field))))
}

function sorted(value: unknown): unknown {
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function managedOf({ metadata }: KubeObject): unknown[] {
  const entries = (metadata['managedFields'] ?? []) as readonly Managed[]
  return entries
    .filter(({ manager }) => manager.startsWith('chat-app-operator'))
    .map(({ manager, operation, fieldsV1 }) => JSON.stringify({ manager, operation, fields: sorted(fieldsV1) }))
    .sort()
}

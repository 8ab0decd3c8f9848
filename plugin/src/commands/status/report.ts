import { conditionIn } from '@chat-app/chat/object-conditions'
import type { ChatAppStatus } from '@chat-app/crds'
import type { Owned } from '../../cluster/owned.ts'
import { metric, type PodMetrics } from '../../cluster/pod-metrics.ts'
import type { KubeObject, Pod, StoredChatApp } from '../../cluster/objects.ts'
import { releasesOf, type ReleaseRow } from './releases.ts'
import { stateOf } from './states.ts'
import { endingSince } from './pod-state.ts'
import type { State } from './state.ts'

/** What `status NAME` shows, and prints as JSON. Times are Kubernetes Times. */
export interface StatusReport {
  readonly name: string
  readonly namespace: string
  readonly ready: 'True' | 'False' | 'Unknown'
  /** Whether only a person can help. */
  readonly isStalled: boolean
  readonly paused: boolean
  readonly hibernated: boolean
  readonly status: ChatAppStatus
  readonly objects: readonly ObjectNode[]
  readonly releases: readonly ReleaseRow[]
  /** What could not be read, and why. */
  readonly unread: readonly string[]
}

/** An owned object, and those that it owns. Objects between, such as ReplicaSets, are left out. */
export interface ObjectNode {
  readonly kind: string
  readonly name: string
  /** @default the kind has no state */
  readonly state?: State
  /** Of a pod: the release of its image. */
  readonly version?: string
  /** Of a WebSocket pod that answers. */
  readonly connections?: { readonly open: number; readonly limit?: number }
  /** Of a WebSocket pod that stops: since when, and over which time it closes its connections. */
  readonly drain?: { readonly since: string; readonly periodSeconds: number }
  readonly children: readonly ObjectNode[]
}

const VERSION = 'app.kubernetes.io/version'
const COMPONENT = 'app.kubernetes.io/component'
/** Kinds that say nothing to people beside their Deployment, and records, which are shown as releases. */
const BETWEEN = new Set(['ReplicaSet', 'ControllerRevision'])

export function statusReport(
  chatApp: StoredChatApp,
  owned: Pick<Owned, 'objects' | 'unread'>,
  metrics: PodMetrics,
): StatusReport {
  const { metadata, spec, status = {} } = chatApp
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    ...readiness(chatApp),
    paused: spec.paused,
    hibernated: spec.hibernated,
    status,
    objects: childrenOf(metadata.uid, owned.objects, metrics),
    releases: releasesOf(owned.objects),
    unread: [...owned.unread, ...metrics.unread],
  }
}

/** What the conditions say of the present spec; those of a former generation say nothing of it. */
export function readiness({ metadata, status }: StoredChatApp): Pick<StatusReport, 'ready' | 'isStalled'> {
  const present = status?.conditions?.filter(
    ({ observedGeneration }) => observedGeneration === undefined || observedGeneration === metadata.generation,
  )
  return {
    ready: status?.conditions === undefined ? 'Unknown' : readyIn(present),
    isStalled: conditionIn(present, 'Stalled')?.status === 'True',
  }
}

function readyIn(conditions: ChatAppStatus['conditions']): StatusReport['ready'] {
  return conditionIn(conditions, 'Ready')?.status === 'True' ? 'True' : 'False'
}

function childrenOf(uid: string, objects: readonly KubeObject[], metrics: PodMetrics): ObjectNode[] {
  const owned = objects.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
  return owned.flatMap((object) => {
    const children = childrenOf(object.metadata.uid, objects, metrics)
    return BETWEEN.has(object.kind) ? children : [nodeOf(object, children, metrics)]
  })
}

function nodeOf(object: KubeObject, children: readonly ObjectNode[], { texts }: PodMetrics): ObjectNode {
  const { kind, metadata } = object
  const state = stateOf(object)
  const node = { kind, name: metadata.name, ...(state !== undefined && { state }), children }
  if (kind !== 'Pod') return node
  const text = texts.get(metadata.name)
  const open = metric(text, 'chat_connections')
  const limit = metric(text, 'chat_connections_limit')
  const version = metadata.labels?.[VERSION]
  const period = isWebSocket(object) && metadata.deletionTimestamp !== undefined ? drainSeconds(object) : undefined
  return {
    ...node,
    ...(version !== undefined && { version }),
    ...(open !== undefined && { connections: { open, ...(limit !== undefined && { limit }) } }),
    ...(period !== undefined && { drain: { since: endingSince(object as Pod), periodSeconds: period } }),
  }
}

export function isWebSocket(object: KubeObject): object is Pod {
  const { kind, metadata } = object
  return kind === 'Pod' && metadata.labels?.[COMPONENT] === 'websocket'
}

function drainSeconds({ spec }: Pod): number | undefined {
  const variables = spec.containers.flatMap(({ env = [] }) => env)
  const value = Number(variables.find(({ name }) => name === 'DRAIN_PERIOD_SECONDS')?.value)
  return Number.isFinite(value) ? value : undefined
}

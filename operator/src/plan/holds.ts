import type { Model } from '@chat-app/chat'
import { LOST_POD_MS } from '../limits.ts'
import { isComplete } from '../observe/migration.ts'
import { conditionOf } from '../observe/object-conditions.ts'
import { componentOf, containersOf, isReady, isTerminating } from '../observe/pods.ts'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { missingIn } from './contains.ts'
import { TEMPLATE_HASH } from './seal.ts'

/** Kinds whose change starts pods of a new release. */
const STARTS_PODS = new Set(['ControllerRevision', 'Deployment'])
/** Reasons for which the container of a starting pod waits. */
const STARTING_REASONS = new Set(['', 'ContainerCreating', 'PodInitializing'])

export interface HoldInput {
  readonly model: Model
  /** The sealed objects that should exist. */
  readonly desired: readonly KubeObject[]
  /** Whether a Secret or a cluster is missing or not ready. */
  readonly hasFaults: boolean
  /** The migration Job of the desired release. */
  readonly job: KubeObject | undefined
  /** The live Deployment of the WebSocket service. */
  readonly websocket: KubeObject | undefined
  readonly pods: readonly KubeObject[]
  /** See `drainingMs`. */
  readonly drainingMs: number
}

/**
 * The objects that must not be written yet, of a Deployment its template, each with the reason: the migration waits for its dependencies, the services
 * wait for the migration, and a new WebSocket rollout waits for the pods that still drain.
 */
export function holdsOf(input: HoldInput): ReadonlyMap<KubeObject, string> {
  const holds = new Map<KubeObject, string>()
  for (const object of input.desired) {
    const reason = holdOf(object, input)
    if (reason !== undefined) holds.set(object, reason)
  }
  return holds
}

function holdOf(object: KubeObject, { model, hasFaults, job, ...rollout }: HoldInput): string | undefined {
  // A hibernated ChatApp runs no pods, so it needs no dependency.
  if (model.hibernated) return object.kind === 'Job' && job === undefined ? 'hibernated: no migration runs' : undefined
  if (object.kind === 'Job') return hasFaults ? 'the migration waits for its dependencies' : undefined
  if (!STARTS_PODS.has(object.kind)) return undefined
  if (hasFaults) return 'the services wait for their dependencies'
  if (!isComplete(job)) return 'the services wait for the migration'
  const isWebsocket = object.kind === 'Deployment' && object.metadata.name === model.services.websocket.name
  return isWebsocket ? websocketHold(object, rollout) : undefined
}

function websocketHold(
  object: KubeObject,
  { websocket, pods, drainingMs }: Pick<HoldInput, 'websocket' | 'pods' | 'drainingMs'>,
): string | undefined {
  if (websocket === undefined || !changesTemplate(object, websocket)) return undefined
  if (drainingMs > 0) return 'the next WebSocket rollout waits for the pods that still drain'
  return isRollingOut(websocket, pods) ? 'the next WebSocket rollout waits for the present one' : undefined
}

/** The longest time for which WebSocket pods may still drain, in milliseconds: 0 when none does. */
export function drainingMs(pods: readonly KubeObject[], now: Date): number {
  const ends = pods
    .filter((pod) => componentOf(pod) === 'websocket')
    // The deletionTimestamp is the end of the grace period, not its start.
    .flatMap(({ metadata: { deletionTimestamp } }) => deletionTimestamp ?? [])
    .map((end) => Date.parse(end) + LOST_POD_MS)
  return Math.max(0, ...ends.map((end) => end - now.getTime()))
}

/**
 * Whether ready pods of two templates run, so that those of the older one have yet to drain. A rollout that makes no
 * progress does not count, since only the next one can repair it.
 */
function isRollingOut(live: KubeObject, all: readonly KubeObject[]): boolean {
  if (conditionOf(live, 'Progressing')?.reason === 'ProgressDeadlineExceeded') return false
  const pods = all.filter((pod) => componentOf(pod) === 'websocket' && !isTerminating(pod))
  if (pods.some(isBroken)) return false
  return new Set(pods.filter(isReady).map(({ metadata }) => metadata.labels?.['pod-template-hash'])).size > 1
}

/** Whether a pod that is not ready has a problem: it has restarted, or does not wait for its containers' creation. */
function isBroken(pod: KubeObject): boolean {
  if (isReady(pod)) return false
  return containersOf(pod).some(
    ({ restartCount = 0, state }) => restartCount > 0 || !STARTING_REASONS.has(state?.waiting?.reason ?? ''),
  )
}

/** The hash shows also a field that is removed; the comparison shows what others have changed. */
function changesTemplate(object: KubeObject, live: KubeObject): boolean {
  const sent = live.metadata.annotations?.[TEMPLATE_HASH]
  if (sent !== undefined && sent !== object.metadata.annotations?.[TEMPLATE_HASH]) return true
  return missingIn(at(live, 'spec', 'template'), at(object, 'spec', 'template')).length > 0
}

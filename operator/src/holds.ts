import type { Model } from '@chat-app/chat'
import { missingIn } from './contains.ts'
import { hashOf } from './hash.ts'
import { at } from './kube/json.ts'
import type { KubeObject } from './kube/types.ts'
import { isComplete } from './migration.ts'
import { TEMPLATE_HASH } from './plan.ts'
import { componentOf, conditionOf, containersOf, isLeaving, isReady } from './pods.ts'
import type { ChatAppObject, World } from './world.ts'

/** Kinds whose change starts pods of a new release. */
const STARTS_PODS = new Set(['ControllerRevision', 'Deployment', 'HorizontalPodAutoscaler'])

export interface HoldInput {
  readonly model: Model
  readonly chatApp: ChatAppObject
  readonly world: World
  /** A Secret or a cluster is not as it has to be. */
  readonly hasFaults: boolean
  /** The migration Job of the desired release, as it was last seen. */
  readonly job: KubeObject | undefined
  readonly now: Date
}

/** A pod that is to be gone at its deletionTimestamp and is not after this time more is on a node that is lost. */
const OVERDUE_MS = 30_000

/**
 * Says of an object why it must wait, if it must: the migration for what it reads, the services for the migration, and
 * a new WebSocket rollout for the pods that still drain.
 */
export function holdOf({
  model,
  chatApp,
  world,
  hasFaults,
  job,
  now,
}: HoldInput): (object: KubeObject) => string | undefined {
  const isDraining = drainingMs(world.pods(chatApp), now) > 0
  return (object) => {
    // A hibernated ChatApp runs nothing, so nothing has to be there for it.
    if (model.hibernated)
      return object.kind === 'Job' && job === undefined ? 'hibernated: no migration runs' : undefined
    if (object.kind === 'Job') return hasFaults ? 'the migration waits for its dependencies' : undefined
    if (!STARTS_PODS.has(object.kind)) return undefined
    if (hasFaults) return 'the services wait for their dependencies'
    if (!isComplete(job)) return 'the services wait for the migration'
    const isWebsocket = object.kind === 'Deployment' && object.metadata.name === model.services.websocket.name
    if (!isWebsocket || !changesTemplate(object, world)) return undefined
    if (isDraining) return 'the next WebSocket rollout waits for the pods that still drain'
    return isRollingOut(object, chatApp, world) ? 'the next WebSocket rollout waits for the present one' : undefined
  }
}

/** For how long WebSocket pods may still drain, at most, in milliseconds: 0 when none does. */
export function drainingMs(pods: readonly KubeObject[], now: Date): number {
  const ends = pods
    .filter((pod) => componentOf(pod) === 'websocket')
    // The deletionTimestamp is the end of the grace period, not its beginning.
    .flatMap(({ metadata: { deletionTimestamp } }) => deletionTimestamp ?? [])
    .map((end) => Date.parse(end) + OVERDUE_MS)
  return Math.max(0, ...ends.map((end) => end - now.getTime()))
}

/**
 * Whether pods of two templates serve side by side: those of the older one have yet to leave. A rollout that does not
 * get on is not waited for, since only the next one can mend it.
 */
function isRollingOut(object: KubeObject, chatApp: ChatAppObject, world: World): boolean {
  const live = world.store('Deployment').get(object.metadata.namespace ?? '', object.metadata.name)
  if (conditionOf(live, 'Progressing')?.reason === 'ProgressDeadlineExceeded') return false
  const pods = world.pods(chatApp).filter((pod) => componentOf(pod) === 'websocket' && !isLeaving(pod))
  if (pods.some(isBroken)) return false
  return new Set(pods.filter(isReady).map(({ metadata }) => metadata.labels?.['pod-template-hash'])).size > 1
}

/** Not ready, and more than on its way to it: it has restarted, or waits for something other than its creation. */
function isBroken(pod: KubeObject): boolean {
  if (isReady(pod)) return false
  return containersOf(pod).some(
    ({ restartCount = 0, state }) => restartCount > 0 || !STARTING.has(state?.waiting?.reason ?? ''),
  )
}

const STARTING = new Set(['', 'ContainerCreating', 'PodInitializing'])

/** By the hash also what is only taken away is seen; by the fields, what somebody else has changed. */
function changesTemplate(object: KubeObject, world: World): boolean {
  const live = world.store('Deployment').get(object.metadata.namespace ?? '', object.metadata.name)
  if (live === undefined) return false
  const template = at(object, 'spec', 'template')
  const sent = live.metadata.annotations?.[TEMPLATE_HASH]
  return (
    (sent !== undefined && sent !== hashOf(template)) || missingIn(at(live, 'spec', 'template'), template).length > 0
  )
}

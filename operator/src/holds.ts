import type { Model } from '@chat-app/charts'
import { missingIn } from './contains.ts'
import { at } from './kube/json.ts'
import type { KubeObject } from './kube/types.ts'
import { isComplete } from './migration.ts'
import { componentOf, isLeaving } from './pods.ts'
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
}

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
}: HoldInput): (object: KubeObject) => string | undefined {
  const isDraining = world.pods(chatApp).some((pod) => componentOf(pod) === 'websocket' && isLeaving(pod))
  return (object) => {
    // A hibernated ChatApp runs nothing, so nothing has to be there for it.
    if (model.hibernated)
      return object.kind === 'Job' && job === undefined ? 'hibernated: no migration runs' : undefined
    if (object.kind === 'Job') return hasFaults ? 'the migration waits for its dependencies' : undefined
    if (!STARTS_PODS.has(object.kind)) return undefined
    if (hasFaults) return 'the services wait for their dependencies'
    if (!isComplete(job)) return 'the services wait for the migration'
    const isWebsocket = object.kind === 'Deployment' && object.metadata.name === model.services.websocket.name
    if (!isWebsocket || !isDraining || !changesTemplate(object, world)) return undefined
    return 'the next WebSocket rollout waits for the pods that still drain'
  }
}

function changesTemplate(object: KubeObject, world: World): boolean {
  const live = world.store('Deployment').get(object.metadata.namespace ?? '', object.metadata.name)
  return live !== undefined && missingIn(at(live, 'spec', 'template'), at(object, 'spec', 'template')).length > 0
}

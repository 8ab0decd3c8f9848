import { COMPONENTS, INPUTS, type Component, type Model, type ServiceModel } from '@chat-app/chat'
import { RELEASE } from '@chat-app/chat/annotations'
import { serviceBlocker, type Blocker } from '../../observe/blockers.ts'
import { componentOf, containersOf, endsOf, isReady, isTerminating, namesOf, phaseOf } from '../../observe/pods.ts'
import { rolloutOf, type Rollout } from '../../observe/rollout.ts'
import { MAX_RELEASE_CRASHES } from '../../limits.ts'
import { since } from '../../runtime/time.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { inputsOf, type ReleaseRecord } from './record.ts'

/** The live objects that a release is judged by. */
export interface Live {
  readonly model: Model
  readonly deployments: Readonly<Partial<Record<Component, KubeObject>>>
  readonly pods: readonly KubeObject[]
  /** Whether a Secret or a cluster is missing or not ready. */
  readonly hasFaults: boolean
}

export const SUFFERING = 'pods of another release are not ready either'

/** Whether a service's Deployment was told to run the release. */
export function hasRelease(component: Component, { deployments }: Live, { name }: ReleaseRecord): boolean {
  return deployments[component]?.metadata.annotations?.[RELEASE] === name
}

/** Whether every pod of a service is one of the release, and available. */
export function isComplete(component: Component, live: Live, record: ReleaseRecord): boolean {
  const service = live.model.services[component]
  return service !== undefined && hasRelease(component, live, record) && rolloutIn(live, service).isComplete
}

function rolloutIn({ deployments, pods }: Live, service: ServiceModel): Rollout {
  return rolloutOf(service, deployments[service.component], pods)
}

/** Whether all pods of the ChatApp are those of the release, and available. A release of before may have no worker. */
export function isGood(live: Live, record: ReleaseRecord): boolean {
  const { templates } = record.release
  const services = Object.values(live.model.services).filter(({ component }) => templates[component] !== undefined)
  return services.every(({ component }) => isComplete(component, live, record))
}

/**
 * Why a release that is not good yet has failed: a container of it has ended too often, or a Deployment made no progress in
 * its time. Undefined while it may still become good.
 */
export function faultOf(live: Live, record: ReleaseRecord): Blocker | undefined {
  for (const service of Object.values(live.model.services)) {
    const { component } = service
    if (!hasRelease(component, live, record)) continue
    const rollout = rolloutIn(live, service)
    const seen = { pods: live.pods, health: [], refusals: {} }
    const blocker = serviceBlocker(component, live.deployments[component], rollout, seen)
    if (rollout.hasExceededDeadline)
      return { reason: blocker?.reason ?? 'ProgressDeadlineExceeded', message: blocker?.message ?? rollout.progress }
    const crashed = podsOf(component, live, record).find(isCrashing)
    if (crashed !== undefined && blocker?.reason === 'PodCrashing') return blocker
  }
  return undefined
}

/**
 * Whether something else than the release may be at fault: a dependency is missing, or a pod of another release is not ready
 * either.
 */
export function isExcused(live: Live, record: ReleaseRecord): boolean {
  return live.hasFaults || sufferingOf(live, record).length > 0
}

/**
 * Why a release is not judged, although its deadline may be over; undefined while it is judged.
 *
 * @param waitMs what is left of a deadline that has begun anew, milliseconds
 */
export function holdWords(live: Live, record: ReleaseRecord, waitMs: number): string | undefined {
  const { held } = record.learned
  const which = `release ${record.number} (${record.release.version})`
  if (held?.since === undefined)
    return waitMs > 0 ? `${which} has its whole deadline again${since(held?.until)}` : undefined
  const suffering = sufferingOf(live, record)
  const why = suffering.length > 0 ? `${SUFFERING} (${namesOf(suffering)})` : 'a dependency is missing'
  return `${which} is held and not judged${since(held.since)}: ${why}`
}

/** The pods of other releases that are not ready. */
function sufferingOf(live: Live, record: ReleaseRecord): KubeObject[] {
  return COMPONENTS.flatMap((component) => othersOf(component, live, record)).filter(
    (pod) => !isReady(pod) && !isTerminating(pod),
  )
}

function podsOf(component: Component, { pods }: Live, record: ReleaseRecord): KubeObject[] {
  const inputs = inputsOf(record, component)
  return pods.filter((pod) => componentOf(pod) === component && pod.metadata.annotations?.[INPUTS] === inputs)
}

/** The pods of a service that are of other releases, also those that are leaving. One that was evicted stays as an object. */
export function othersOf(component: Component, { pods }: Live, record: ReleaseRecord): KubeObject[] {
  return pods.filter(
    (pod) =>
      componentOf(pod) === component &&
      isOfOther(pod, component, record) &&
      !['Failed', 'Succeeded'].includes(phaseOf(pod)),
  )
}

/** A pod without the annotation may be of any release: a webhook can take it away. */
export function isOfOther(pod: KubeObject, component: Component, record: ReleaseRecord): boolean {
  const inputs = pod.metadata.annotations?.[INPUTS]
  return inputs !== undefined && inputs !== inputsOf(record, component)
}

/** The pods of a service that are not leaving. */
export function livingPods(component: Component, { pods }: Live): KubeObject[] {
  return pods.filter((pod) => componentOf(pod) === component && !isTerminating(pod))
}

function isCrashing(pod: KubeObject): boolean {
  return !isTerminating(pod) && containersOf(pod).some((container) => endsOf(container) >= MAX_RELEASE_CRASHES)
}

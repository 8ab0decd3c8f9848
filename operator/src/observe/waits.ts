import { at } from '../runtime/json.ts'
import { since } from '../runtime/time.ts'
import type { KubeObject } from '../runtime/types.ts'
import { conditionOf } from './object-conditions.ts'
import { isReady, namesOf, newestFirst } from './pods.ts'

/**
 * What a rollout that is not complete waits for, one part of a sentence for each. Times are those of the cluster, so the
 * text changes only when the rollout does.
 *
 * @param pods those of the Deployment that are not being deleted
 * @param desired the number of pods that should run
 */
export function waitsOf(deployment: KubeObject, pods: readonly KubeObject[], desired: number): string[] {
  const waits = [paceOf(deployment), arrivalOf(deployment, pods, desired), departureOf(deployment, pods, desired)]
  return waits.filter((wait) => wait !== undefined)
}

/** What `replacementOf` has decided for the present rollout. */
export function paceOf(deployment: KubeObject): string | undefined {
  const isPaced = (at<number>(deployment, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable') ?? 0) === 1
  return isPaced ? 'one pod leaves before the next one starts, since the quota does not hold more pods' : undefined
}

function arrivalOf(deployment: KubeObject, pods: readonly KubeObject[], desired: number): string | undefined {
  const unready = newestFirst(pods).filter((pod) => !isReady(pod))
  if (unready.length > 0) return `${namesOf(unready)} not ready${since(firstOf(unready))}`
  if (countOf(deployment, 'updatedReplicas') < desired) return `waiting for new pods${progressed(deployment)}`
  const isReadyTooShort = countOf(deployment, 'availableReplicas') < Math.min(desired, pods.length)
  return isReadyTooShort ? `waiting for minReadySeconds${progressed(deployment)}` : undefined
}

function departureOf(deployment: KubeObject, pods: readonly KubeObject[], desired: number): string | undefined {
  const replicas = countOf(deployment, 'replicas')
  const old = replicas - countOf(deployment, 'updatedReplicas')
  if (old <= 0) return replicas > desired ? `waiting for ${pluralOf(replicas - desired)} to leave` : undefined
  const [newest] = newestFirst(pods)
  const left = pods.filter((pod) => templateOf(pod) !== templateOf(newest))
  // Right after a change the newest pod may still be of the former template.
  const names = left.length === old ? `old ${namesOf(left)}` : `${old} old ${old === 1 ? 'pod' : 'pods'}`
  return `waiting for ${names} to leave${progressed(deployment)}`
}

/** The last time at which the rollout made progress. */
function progressed(deployment: KubeObject): string {
  return since(conditionOf(deployment, 'Progressing')?.lastUpdateTime)
}

function firstOf(unready: readonly KubeObject[]): string | undefined {
  const times = unready.map((pod) => conditionOf(pod, 'Ready')?.lastTransitionTime ?? pod.metadata.creationTimestamp)
  return times.filter((at) => at !== undefined).sort()[0]
}

function templateOf(pod: KubeObject | undefined): string | undefined {
  return pod?.metadata.labels?.['pod-template-hash']
}

function pluralOf(count: number): string {
  return count === 1 ? '1 pod' : `${count} pods`
}

function countOf(deployment: KubeObject, field: string): number {
  return at<number>(deployment, 'status', field) ?? 0
}

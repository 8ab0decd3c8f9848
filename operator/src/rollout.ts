import type { ServiceModel } from '@chat-app/chat'
import { at } from './kube/json.ts'
import type { KubeObject } from './kube/types.ts'
import { conditionOf } from './pods.ts'

/** How far a Deployment is, as its controller reports it. */
export interface Rollout {
  readonly desired: number
  readonly ready: number
  /** Every pod is of the newest template and available, and no older one is left. */
  readonly isComplete: boolean
  /** The minimum that keeps the service up is available. */
  readonly isAvailable: boolean
  readonly hasExceededDeadline: boolean
  /** What is still to come, in words. */
  readonly progress: string
}

export function rolloutOf(service: ServiceModel, deployment: KubeObject | undefined): Rollout {
  const number = (field: string): number => at<number>(deployment, 'status', field) ?? 0
  const desired = replicasOf(service, deployment)
  const isObserved = number('observedGeneration') >= (deployment?.metadata.generation ?? 1)
  const updated = number('updatedReplicas')
  const progressing = conditionOf(deployment, 'Progressing')
  const isComplete =
    deployment !== undefined &&
    isObserved &&
    updated === desired &&
    number('replicas') === desired &&
    number('availableReplicas') >= desired
  return {
    desired,
    ready: number('readyReplicas'),
    isComplete,
    isAvailable: desired > 0 && number('readyReplicas') > 0 && conditionOf(deployment, 'Available')?.status === 'True',
    hasExceededDeadline:
      isObserved && progressing?.status === 'False' && progressing.reason === 'ProgressDeadlineExceeded',
    progress: `Deployment ${service.name}: ${Math.min(updated, desired)}/${desired} updated, ${number('availableReplicas')}/${desired} available`,
  }
}

/** The number of pods wanted: the Deployment's own where an autoscaler sets it. */
export function replicasOf(service: ServiceModel, deployment: KubeObject | undefined): number {
  const live = at<number>(deployment, 'spec', 'replicas')
  return service.autoscaled && live !== undefined && live > 0 ? live : service.replicas
}

/** Why the Deployment's controller cannot make pods: a quota, a policy. */
export function creationFailure(deployment: KubeObject | undefined): string | undefined {
  const failure = conditionOf(deployment, 'ReplicaFailure')
  return failure?.status === 'True' ? `${failure.reason ?? ''}: ${failure.message ?? ''}` : undefined
}

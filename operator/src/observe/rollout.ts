import type { ServiceModel } from '@chat-app/chat'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { conditionOf } from './object-conditions.ts'
import { componentOf, isTerminating } from './pods.ts'
import { waitsOf } from './waits.ts'

/** The progress of a Deployment, as its controller reports it. */
export interface Rollout {
  readonly desired: number
  readonly ready: number
  /** Every pod has the newest template and is available, and no older pod is left. */
  readonly isComplete: boolean
  /** At least one pod is ready, whatever its template: also while more pods start than the Deployment calls available. */
  readonly isAvailable: boolean
  readonly hasExceededDeadline: boolean
  /** The numbers of updated and available pods, and what the rollout waits for since when. */
  readonly progress: string
}

/** @param pods all pods of the ChatApp */
export function rolloutOf(
  service: ServiceModel,
  deployment: KubeObject | undefined,
  pods: readonly KubeObject[],
): Rollout {
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
  const counts = `${Math.min(updated, desired)}/${desired} updated, ${number('availableReplicas')}/${desired} available`
  const waits = isComplete || deployment === undefined ? [] : waitsOf(deployment, podsOf(service, pods), desired)
  return {
    desired,
    ready: number('readyReplicas'),
    isComplete,
    isAvailable: desired > 0 && number('readyReplicas') > 0,
    hasExceededDeadline:
      isObserved && progressing?.status === 'False' && progressing.reason === 'ProgressDeadlineExceeded',
    progress: [`Deployment ${service.name}: ${counts}`, ...waits].join(', '),
  }
}

/** The desired number of pods: the live one where an autoscaler sets it. */
function replicasOf(service: ServiceModel, deployment: KubeObject | undefined): number {
  const live = at<number>(deployment, 'spec', 'replicas')
  return service.autoscaled && live !== undefined && live > 0 ? live : service.replicas
}

function podsOf({ component }: ServiceModel, pods: readonly KubeObject[]): KubeObject[] {
  return pods.filter((pod) => componentOf(pod) === component && !isTerminating(pod))
}

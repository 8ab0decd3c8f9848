import { conditionOf } from '../../observe/object-conditions.ts'
import type { Observed } from '../../observe/observed.ts'
import { shorten } from '../../observe/text.ts'
import type { KubeObject } from '../../runtime/types.ts'
import type { State } from '../verdict.ts'

/**
 * Whether the autoscalers can set the number of pods; undefined without one. `Ready` does not depend on it: the pods that
 * run are as the spec asks, and each new autoscaler has no metrics for its first minute.
 */
export function scalingActive({ model, autoscalers }: Observed): State | undefined {
  const wanted = Object.values(model.services).filter(({ autoscaled }) => autoscaled)
  if (wanted.length === 0) return undefined
  const states = wanted.map(({ name, component }) => stateOf(name, autoscalers[component]))
  const shown = (['False', 'Unknown', 'True'] as const)
    .map((status) => states.filter((state) => state.status === status))
    .find((some) => some.length > 0)
  const { status = 'Unknown', reason = 'NotReported' } = shown?.[0] ?? {}
  return { status, reason, message: shown?.map(({ message }) => message).join('; ') ?? '' }
}

function stateOf(name: string, autoscaler: KubeObject | undefined): State {
  const conditions = ['AbleToScale', 'ScalingActive'].map((type) => conditionOf(autoscaler, type))
  const failed = conditions.find((condition) => condition?.status === 'False')
  const message = (words: string): string => `HorizontalPodAutoscaler ${name}: ${words}`
  if (failed !== undefined) {
    const { reason = 'ScalingInactive', message: words = 'no message' } = failed
    return { status: 'False', reason, message: message(shorten(words)) }
  }
  return conditions[1]?.status === 'True'
    ? { status: 'True', reason: 'Active', message: message('it can set the number of pods') }
    : { status: 'Unknown', reason: 'NotReported', message: message('it has not reported yet') }
}

import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

/** A condition in an object's status, of any kind. */
export interface ObjectCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
  readonly lastUpdateTime?: string
}

export function conditionOf(object: KubeObject | undefined, type: string): ObjectCondition | undefined {
  return at<ObjectCondition[]>(object, 'status', 'conditions')?.find((condition) => condition.type === type)
}

export function isTrue(object: KubeObject | undefined, type: string): boolean {
  return conditionOf(object, type)?.status === 'True'
}

import { conditionIn, type ObjectCondition } from '@chat-app/chat/object-conditions'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

export function conditionOf(object: KubeObject | undefined, type: string): ObjectCondition | undefined {
  return conditionIn(at<ObjectCondition[]>(object, 'status', 'conditions'), type)
}

export function isTrue(object: KubeObject | undefined, type: string): boolean {
  return conditionOf(object, type)?.status === 'True'
}

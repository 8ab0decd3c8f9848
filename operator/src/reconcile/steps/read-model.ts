import { model as resolve, ModelError, type Model } from '@chat-app/chat'
import { Stalled } from '../../plan/failure.ts'
import type { Subject } from '../operator.ts'

/** Resolves the spec. @throws Stalled for an invalid one */
export function readModel({ chatApp }: Subject): { model: Model } {
  try {
    return { model: resolve(chatApp) }
  } catch (error) {
    if (error instanceof ModelError) throw new Stalled('InvalidSpec', error.faults.join('; '))
    throw error
  }
}

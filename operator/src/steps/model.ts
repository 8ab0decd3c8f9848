import { model as resolve, ModelError, type Model } from '@chat-app/chat'
import { Stalled } from '../errors.ts'
import type { Reconciliation } from '../reconciliation.ts'

/** @throws Stalled for a ChatApp that cannot be rendered: only an edit helps */
export function readModel(run: Reconciliation): Model {
  try {
    run.model = resolve(run.chatApp)
    return run.model
  } catch (error) {
    if (error instanceof ModelError) throw new Stalled('InvalidSpec', error.faults.join('; '))
    throw error
  }
}

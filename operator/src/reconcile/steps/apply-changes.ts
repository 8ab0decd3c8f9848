import { apply, awaitLeaving, refuseForeign } from '../apply.ts'
import { nameOf, type Action, type Plan } from '../../plan/plan.ts'
import type { Reconciliation } from '../operator.ts'

/** Writes what was planned. @throws Stalled for foreign objects of our names, Waiting for ones that have to go first */
export async function applyChanges(
  { operator, chatApp }: Reconciliation,
  { actions, foreign, leaving }: Plan,
): Promise<void> {
  refuseForeign(foreign)
  const written: Action[] = []
  try {
    await apply(actions, {
      client: operator.client,
      world: operator.world,
      owner: chatApp.metadata,
      onWrite: (action) => written.push(action),
      onNormalized: (object, paths) => {
        operator.memory.normalized.delete(nameOf(object))
        if (paths.length === 0) return
        operator.memory.normalized.set(nameOf(object), new Set(paths))
        operator.onNormalized(object, paths)
      },
    })
  } finally {
    if (written.length > 0) operator.onWrites(chatApp, written)
  }
  awaitLeaving(leaving)
}

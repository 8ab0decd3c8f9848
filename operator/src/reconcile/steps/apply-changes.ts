import { nameOf, type Action } from '../../plan/plan.ts'
import type { Kinds } from '../../runtime/discovery.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { apply, awaitLeaving, refuseForeign } from '../apply.ts'
import type { Operator, Subject } from '../operator.ts'
import type { Changes } from './plan-changes.ts'

interface Needs extends Subject {
  readonly kinds: Kinds
}

/**
 * Makes the planned writes.
 *
 * @throws Stalled for foreign objects, Waiting for objects that have to be gone first, ApiError, ConnectionError
 */
export async function applyChanges({
  operator,
  chatApp,
  kinds,
  changes: { migrationRetry, actions, foreign, leaving },
}: Needs & { readonly changes: Changes }): Promise<object> {
  const subject = { operator, chatApp, kinds }
  if (migrationRetry !== undefined) await retryMigration(migrationRetry, subject)
  refuseForeign(foreign)
  await carryOut(actions, subject)
  awaitLeaving(leaving)
  return {}
}

/** Remembers the failure, and deletes the Job when the time has come; its successor has the same name. */
async function retryMigration(
  { job, runs, waitMs }: NonNullable<Changes['migrationRetry']>,
  subject: Needs,
): Promise<void> {
  subject.operator.memory.failedRuns.set(subject.chatApp.metadata.uid, runs)
  if (waitMs > 0 || job === undefined) return
  await carryOut([{ type: 'delete', live: job, because: 'it failed and is created again' }], subject)
}

/** Makes writes and announces those that were made, also when a later one fails. */
async function carryOut(actions: readonly Action[], { operator, chatApp, kinds }: Needs): Promise<void> {
  const written: Action[] = []
  try {
    await apply(actions, {
      client: operator.client,
      world: operator.world,
      owner: chatApp.metadata,
      onWrite: (action) => written.push(action),
      haveKindsChanged: () => operator.discovery.isNewerThan(kinds),
      onNormalized: (object, paths) => rememberNormalized(object, paths, operator),
    })
  } finally {
    if (written.length > 0) operator.onWrites(chatApp, written)
  }
}

function rememberNormalized(
  object: KubeObject,
  paths: readonly string[],
  { memory: { normalized }, onNormalized }: Operator,
): void {
  normalized.delete(nameOf(object))
  if (paths.length === 0) return
  normalized.set(nameOf(object), new Set(paths))
  onNormalized(object, paths)
}

import { partsOf, type Model } from '@chat-app/chat'
import { componentOf } from '../../observe/pods.ts'
import type { Failure } from '../../plan/failure.ts'
import { nameOf, type Action, type Foreign } from '../../plan/plan.ts'
import type { ReleaseRecord } from '../../plan/release/record.ts'
import type { Selection } from '../../plan/release/select.ts'
import type { Kinds } from '../../runtime/discovery.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { apply, awaitLeaving } from '../apply.ts'
import type { Operator, Subject } from '../operator.ts'
import type { Choice } from './choose-release.ts'
import type { Changes } from './plan-changes.ts'

interface Needs extends Subject {
  readonly model: Model
  readonly kinds: Kinds
  readonly choice: Choice
  readonly changes: Changes
}

/**
 * Makes the planned writes. Finds the failures of objects that were refused.
 *
 * @throws Waiting for objects that have to be gone first, ApiError, ConnectionError
 */
export async function applyChanges({
  operator,
  chatApp,
  model,
  kinds,
  choice: { selection },
  changes: { migrationRetry, actions, foreign, leaving },
}: Needs): Promise<{ refusals: readonly Failure[] }> {
  const subject = { operator, chatApp, model, kinds, selection }
  const retried = migrationRetry === undefined ? [] : await retryMigration(migrationRetry, subject)
  const refusals = [...retried, ...(await carryOut(actions, subject, foreign))]
  if (refusals.length === 0) awaitLeaving(leaving)
  return { refusals }
}

interface Writing extends Omit<Needs, 'changes' | 'choice'> {
  readonly selection: Selection
}

/** Remembers the failure, and deletes the Job when the time has come; its successor has the same name. */
async function retryMigration(
  { job, runs, waitMs }: NonNullable<Changes['migrationRetry']>,
  subject: Writing,
): Promise<Failure[]> {
  subject.operator.memory.failedRuns.set(subject.chatApp.metadata.uid, runs)
  if (waitMs > 0 || job === undefined) return []
  return carryOut([{ type: 'delete', live: job, because: 'it failed and is created again' }], subject)
}

/** Makes writes and announces those that were made, also when a later one fails. */
async function carryOut(
  actions: readonly Action[],
  { operator, chatApp, model, kinds, selection }: Writing,
  foreign: readonly Foreign[] = [],
): Promise<Failure[]> {
  const written: Action[] = []
  try {
    return await apply(actions, foreign, {
      client: operator.client,
      world: operator.world,
      owner: chatApp.metadata,
      partsOf: (object) => partsOf(object, model),
      onWrite: (action) => written.push(action),
      haveKindsChanged: () => operator.discovery.isNewerThan(kinds),
      onRefused: (object, message) => {
        if (componentOf(object) === 'prove') operator.memory.jobs.refuse(object, message)
      },
      onNormalized: (object, paths) => rememberNormalized(object, paths, operator),
    })
  } finally {
    if (written.length > 0) operator.onWrites(chatApp, written)
    if (written.some((action) => isRecordOf(selection.target, action))) operator.onUrgent(chatApp, selection.urgent)
  }
}

function isRecordOf({ name }: ReleaseRecord, action: Action): boolean {
  return action.type === 'create' && action.object.kind === 'ControllerRevision' && action.object.metadata.name === name
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

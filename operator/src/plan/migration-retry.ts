import { MIGRATION_RETRY_MS } from '../limits.ts'
import { isFailed } from '../observe/migration.ts'
import { conditionOf } from '../observe/object-conditions.ts'
import { isTerminating } from '../observe/pods.ts'
import { controllerOf, type KubeObject } from '../runtime/types.ts'
import type { Owner } from './ownership.ts'

/** The failures of one ChatApp's migration: the last Job that failed, and how many have failed. */
export interface FailedRuns {
  /** UID of the Job. */
  readonly job: string
  readonly count: number
}

/** A migration Job that has failed, and when it is deleted, so that a new one of its name can be created. */
export interface MigrationRetry {
  readonly job: KubeObject
  readonly runs: FailedRuns
  /** Time until then; 0 when it is due. */
  readonly waitMs: number
}

/** @param former the failures before this one, as far as they are remembered */
export function migrationRetryOf(
  owner: Owner,
  children: readonly KubeObject[],
  former: FailedRuns | undefined,
  now: Date,
): MigrationRetry | undefined {
  const job = children.find((object) => isFailedJobOf(owner, object))
  if (job === undefined) return undefined
  const uid = job.metadata.uid ?? ''
  const count = former?.job === uid ? former.count : (former?.count ?? 0) + 1
  return { job, runs: { job: uid, count }, waitMs: waitMs(job, count, now) }
}

function isFailedJobOf(owner: Owner, object: KubeObject): boolean {
  if (object.kind !== 'Job' || !isFailed(object) || isTerminating(object)) return false
  return controllerOf(object)?.uid === owner.uid
}

function waitMs(job: KubeObject, count: number, now: Date): number {
  const delayMs = Math.min(MIGRATION_RETRY_MS.max, MIGRATION_RETRY_MS.base * 2 ** (count - 1))
  const failedAtMs = Date.parse(conditionOf(job, 'Failed')?.lastTransitionTime ?? '')
  return Number.isNaN(failedAtMs) ? delayMs : Math.max(0, failedAtMs + delayMs - now.getTime())
}

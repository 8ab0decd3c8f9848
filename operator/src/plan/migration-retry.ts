import { MIGRATION_RETRY_MS } from '../limits.ts'
import type { EndedJob } from '../observe/ended-jobs.ts'
import { isFailed } from '../observe/migration.ts'
import { conditionOf } from '../observe/object-conditions.ts'
import { componentOf, isTerminating } from '../observe/pods.ts'
import { controllerOf, type KubeObject } from '../runtime/types.ts'
import type { Owner } from './ownership.ts'

/** The failures of one ChatApp's migration: the last Job that failed, and how many have failed. */
export interface FailedRuns {
  /** UID of the Job. */
  readonly job: string
  readonly count: number
}

/** A failed migration, and when its Job is deleted, so that a new one of its name can be created. */
export interface MigrationRetry {
  /** Undefined when somebody else has deleted it. */
  readonly job: KubeObject | undefined
  readonly runs: FailedRuns
  /** Time until then; 0 when it is due. */
  readonly waitMs: number
}

/**
 * @param former the failures before this one, as far as they are remembered
 * @param ended how the Job of the desired release has ended, if it has and is gone
 */
export function migrationRetryOf(
  owner: Owner,
  children: readonly KubeObject[],
  { former, ended }: { readonly former: FailedRuns | undefined; readonly ended: EndedJob | undefined },
  now: Date,
): MigrationRetry | undefined {
  const job = children.find((object) => isFailedJobOf(owner, object))
  const uid = job?.metadata.uid ?? (ended?.isComplete === false ? ended.uid : undefined)
  if (uid === undefined) return undefined
  const count = former?.job === uid ? former.count : (former?.count ?? 0) + 1
  const failedAtMs = job === undefined ? (ended?.endedAtMs ?? Number.NaN) : failedAtMsOf(job)
  return { job, runs: { job: uid, count }, waitMs: waitMs(failedAtMs, count, now) }
}

function isFailedJobOf(owner: Owner, object: KubeObject): boolean {
  if (object.kind !== 'Job' || componentOf(object) === 'prove' || !isFailed(object) || isTerminating(object))
    return false
  return controllerOf(object)?.uid === owner.uid
}

function failedAtMsOf(job: KubeObject): number {
  return Date.parse(conditionOf(job, 'Failed')?.lastTransitionTime ?? '')
}

function waitMs(failedAtMs: number, count: number, now: Date): number {
  const delayMs = Math.min(MIGRATION_RETRY_MS.max, MIGRATION_RETRY_MS.base * 2 ** (count - 1))
  return Number.isNaN(failedAtMs) ? delayMs : Math.max(0, failedAtMs + delayMs - now.getTime())
}

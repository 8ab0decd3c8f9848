import { podBlocker, refused } from '../../observe/blockers.ts'
import { failureOf, isComplete, isFailed } from '../../observe/migration.ts'
import type { Observed } from '../../observe/observed.ts'
import { jobRefusal } from '../../observe/refused.ts'
import { at } from '../../runtime/json.ts'
import { since } from '../../runtime/time.ts'
import type { KubeObject } from '../../runtime/types.ts'
import type { State } from '../verdict.ts'

/** Whether the database has the schema of the desired release. */
export function migrated(observed: Observed): State {
  const { job, model, pods, release, schemaVersion } = observed
  if (release?.migration !== undefined || isComplete(job)) {
    const message =
      schemaVersion === undefined
        ? 'the migration has ended; its pod left no result, so the release can go back'
        : `the schema has version ${schemaVersion}`
    return { status: 'True', reason: 'Migrated', message }
  }
  if (job === undefined) {
    const message = model.hibernated
      ? 'hibernated: no migration runs'
      : `the migration to ${model.version} has not begun`
    return { status: 'Unknown', reason: model.hibernated ? 'Hibernated' : 'NotStarted', message }
  }
  const blocker = podBlocker(observed, 'migrate')
  if (blocker !== undefined && blocker.reason !== 'PodCrashing') return { status: 'False', ...blocker }
  const refusal = refused(job, jobRefusal(job, pods, observed.refusals))
  if (refusal !== undefined) return { status: 'False', ...refusal }
  const failure = failureOf(job, pods)
  if (failure !== undefined || isFailed(job)) {
    const { reason, message } = failure ?? { reason: 'MigrationFailed', message: 'it failed' }
    return { status: 'False', reason, message: `Job ${job.metadata.name}: ${message}` }
  }
  return {
    status: 'False',
    reason: 'Migrating',
    message: `waiting for Job ${job.metadata.name}${since(startOf(job))}`,
  }
}

function startOf(job: KubeObject): string | undefined {
  return at<string>(job, 'status', 'startTime') ?? job.metadata.creationTimestamp
}

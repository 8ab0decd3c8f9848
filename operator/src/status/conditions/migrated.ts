import { failureOf, isComplete, isFailed, schemaVersionOf } from '../../observe/migration.ts'
import { podBlocker } from './blockers.ts'
import type { Observed, Verdict } from '../../observe/observed.ts'

/** Whether the database has the schema of the desired release. */
export function migrated(observed: Observed): Verdict {
  const { job, model, pods } = observed
  const type = 'Migrated'
  if (isComplete(job)) {
    const schemaVersion = schemaVersionOf(pods)
    const message = schemaVersion === undefined ? 'the schema is up to date' : `the schema has version ${schemaVersion}`
    return { type, status: 'True', reason: 'Migrated', message }
  }
  if (job === undefined) {
    const message = model.hibernated
      ? 'hibernated: no migration runs'
      : `the migration to ${model.version} has not begun`
    return { type, status: 'Unknown', reason: model.hibernated ? 'Hibernated' : 'NotStarted', message }
  }
  const blocker = podBlocker(observed, 'migrate')
  if (blocker !== undefined && blocker.reason !== 'PodCrashing') return { type, status: 'False', ...blocker }
  const failure = failureOf(job, pods)
  if (failure !== undefined || isFailed(job)) {
    const message = `Job ${job.metadata.name}: ${failure ?? 'it failed'}`
    return { type, status: 'False', reason: 'MigrationFailed', message }
  }
  return { type, status: 'False', reason: 'Migrating', message: `waiting for Job ${job.metadata.name}` }
}

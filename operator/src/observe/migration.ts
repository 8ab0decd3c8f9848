import { MAX_MIGRATION_ERROR_CHARACTERS } from '../limits.ts'
import { at, defined, fieldsOf, jsonOf } from '../runtime/json.ts'
import { controllerOf, type KubeObject } from '../runtime/types.ts'
import type { Blocker } from './blockers.ts'
import { conditionOf, isTrue } from './object-conditions.ts'
import { componentOf, containersOf, newestFirst } from './pods.ts'
import { lastWords, shorten } from './text.ts'

/** What a migration did, as its termination message tells. Images of the first releases tell only `schemaVersion`. */
export interface Migration {
  readonly schemaVersion?: number
  readonly from?: number
  readonly to?: number
  readonly irreversible?: boolean
  /** The oldest release that runs on the schema. */
  readonly minimumVersion?: string
}

export function isComplete(job: KubeObject | undefined): boolean {
  return isTrue(job, 'Complete') || isTrue(job, 'SuccessCriteriaMet')
}

/** Whether the Job has failed for good: it has to be deleted and created again. */
export function isFailed(job: KubeObject | undefined): boolean {
  return isTrue(job, 'Failed') || isTrue(job, 'FailureTarget')
}

/** Reasons that the termination message of a migration may give; every other failure is `MigrationFailed`. */
const FAILURE_REASONS: Readonly<Record<string, string>> = {
  ConfigInvalid: 'ConfigInvalid',
  VersionTooOld: 'VersionTooOld',
  DatabaseUnreachable: 'DatabaseUnreachable',
}

/** Why the migration failed: the termination message of its newest failed pod, else the Job's condition. */
export function failureOf(job: KubeObject, pods: readonly KubeObject[]): Blocker | undefined {
  const reason = 'MigrationFailed'
  for (const pod of podsOf(job, pods)) {
    for (const { state, lastState } of containersOf(pod)) {
      const ended = state?.terminated ?? lastState?.terminated
      if (ended === undefined || ended.exitCode === 0) continue
      const stated = at<string>(jsonOf(ended.message), 'reason') ?? ''
      const message = errorIn(ended.message) ?? `it ended with code ${ended.exitCode}`
      return { reason: FAILURE_REASONS[stated] ?? reason, message }
    }
  }
  const failed = conditionOf(job, 'Failed')
  return failed?.status === 'True' ? { reason, message: `${failed.reason ?? ''}: ${failed.message ?? ''}` } : undefined
}

/** The schema version that the newest successful migration pod reported. */
export function schemaVersionOf(pods: readonly KubeObject[]): number | undefined {
  for (const pod of newestFirst(pods).filter((each) => componentOf(each) === 'migrate')) {
    for (const { state } of containersOf(pod)) {
      if (state?.terminated?.exitCode !== 0) continue
      const version = at<unknown>(jsonOf(state.terminated.message), 'schemaVersion')
      if (typeof version === 'number' && Number.isSafeInteger(version) && version >= 0) return version
    }
  }
  return undefined
}

function podsOf(job: KubeObject, pods: readonly KubeObject[]): KubeObject[] {
  return newestFirst(pods).filter((pod) => controllerOf(pod)?.uid === job.metadata.uid)
}

/** The `error` of a termination message `{"error": "..."}`, else the last words of its log. */
function errorIn(message = ''): string | undefined {
  const error = at<unknown>(jsonOf(message), 'error')
  if (typeof error === 'string' && error !== '') return shorten(error, MAX_MIGRATION_ERROR_CHARACTERS)
  return message === '' ? undefined : lastWords(message, MAX_MIGRATION_ERROR_CHARACTERS)
}

/** A termination message as the result of a migration. What it does not tell is absent. */
export function migrationIn(message: string | undefined): Migration {
  const fields = fieldsOf(jsonOf(message))
  const { schemaVersion, from, to, irreversible, minimumVersion } = fields
  const whole = (value: unknown) => (Number.isSafeInteger(value) ? Number(value) : undefined)
  return defined({
    schemaVersion: whole(schemaVersion),
    from: whole(from),
    to: whole(to),
    irreversible: irreversible === true ? true : undefined,
    minimumVersion: typeof minimumVersion === 'string' ? minimumVersion : undefined,
  })
}

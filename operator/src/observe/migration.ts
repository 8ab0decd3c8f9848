import { at, parseJson } from '../runtime/json.ts'
import { controllerOf, type KubeObject } from '../runtime/types.ts'
import { byAge, componentOf, conditionOf, containersOf } from './pods.ts'

const MAX_ERROR_CHARACTERS = 500

export function isComplete(job: KubeObject | undefined): boolean {
  return conditionOf(job, 'Complete')?.status === 'True' || conditionOf(job, 'SuccessCriteriaMet')?.status === 'True'
}

/** The Job has given up: nothing happens any more unless it is made anew. */
export function isFailed(job: KubeObject | undefined): boolean {
  return conditionOf(job, 'Failed')?.status === 'True' || conditionOf(job, 'FailureTarget')?.status === 'True'
}

/** Why the migration failed: the last words of its newest ended pod, else what the Job controller says. */
export function failureOf(job: KubeObject, pods: readonly KubeObject[]): string | undefined {
  for (const pod of podsOf(job, pods)) {
    for (const { state, lastState } of containersOf(pod)) {
      const ended = state?.terminated ?? lastState?.terminated
      if (ended !== undefined && ended.exitCode !== 0)
        return errorIn(ended.message) ?? `it ended with code ${ended.exitCode}`
    }
  }
  const failed = conditionOf(job, 'Failed')
  return failed?.status === 'True' ? `${failed.reason ?? ''}: ${failed.message ?? ''}` : undefined
}

/** The schema version that the newest successful migration pod reported. */
export function schemaVersionOf(pods: readonly KubeObject[]): number | undefined {
  for (const pod of byAge(pods).filter((each) => componentOf(each) === 'migrate')) {
    for (const { state } of containersOf(pod)) {
      if (state?.terminated?.exitCode !== 0) continue
      const version = at<unknown>(wordsIn(state.terminated.message), 'schemaVersion')
      if (typeof version === 'number' && Number.isSafeInteger(version) && version >= 0) return version
    }
  }
  return undefined
}

function podsOf(job: KubeObject, pods: readonly KubeObject[]): KubeObject[] {
  return byAge(pods).filter((pod) => controllerOf(pod)?.uid === job.metadata.uid)
}

/** The `error` of a termination message `{"error": "..."}`, or the message itself when it is something else. */
function errorIn(message: string | undefined): string | undefined {
  const error = at<unknown>(wordsIn(message), 'error')
  const text = typeof error === 'string' ? error : message
  return text === undefined || text === '' ? undefined : text.slice(0, MAX_ERROR_CHARACTERS)
}

function wordsIn(message: string | undefined): unknown {
  try {
    return parseJson<unknown>(message ?? '')
  } catch {
    return undefined
  }
}

import { ApiError, ConnectionError, isConflict } from '../runtime/errors.ts'

/** Only the user can help: no retry until something that we watch changes, or the given time, for what we cannot watch. */
export class Stalled extends Error {
  override readonly name = 'Stalled'
  readonly reason: string
  readonly lookAgainMs: number | undefined

  constructor(reason: string, message: string, lookAgainMs?: number) {
    super(message)
    this.reason = reason
    this.lookAgainMs = lookAgainMs
  }
}

/** Something else has to happen first. It is looked at again after `untilMs`, or as soon as a watched object changes. */
export class Waiting extends Error {
  override readonly name = 'Waiting'
  readonly reason: string
  readonly untilMs: number | undefined

  constructor(reason: string, message: string, untilMs?: number) {
    super(message)
    this.reason = reason
    this.untilMs = untilMs
  }
}

/** What happens after a failure: `stalled` and `waiting` as above, `transient` with growing delays. */
export interface Failure {
  readonly kind: 'stalled' | 'waiting' | 'transient'
  readonly reason: string
  readonly message: string
  readonly againMs?: number
}

/** What the API server refused is sent again after this time. */
const REFUSAL_RETRY_MS = 60_000

/** What an error means for a ChatApp. Whatever is not known to need the user is tried again. */
export function classify(error: unknown): Failure {
  if (error instanceof Stalled) return failure('stalled', error.reason, error.message, error.lookAgainMs)
  if (error instanceof Waiting) return failure('waiting', error.reason, error.message, error.untilMs)
  if (error instanceof ApiError) return ofApi(error)
  if (error instanceof ConnectionError) return failure('transient', 'ApiServerUnreachable', error.message)
  return failure('transient', 'InternalError', error instanceof Error ? error.message : String(error))
}

function ofApi(error: ApiError): Failure {
  // A uid or resourceVersion that has moved on: the next look at the world decides anew.
  if (isConflict(error)) return failure('transient', 'Conflict', error.message)
  // Strict field validation names an unknown field with 400, the schema a bad value with 422.
  // An admission policy refuses with the same, and what it wants is not watched: it is asked again.
  if (error.status === 400 || error.status === 422)
    return failure('stalled', 'InvalidObject', error.message, REFUSAL_RETRY_MS)
  // What server-side apply answers to a field that is not in the schema, before any validation.
  if (error.message.includes('failed to create typed patch object'))
    return failure('stalled', 'InvalidObject', error.message, REFUSAL_RETRY_MS)
  // Quota, admission and missing permissions are mended outside of what we watch.
  if (error.status === 403) return failure('transient', 'Forbidden', error.message)
  return failure('transient', 'ApiServerError', error.message)
}

function failure(kind: Failure['kind'], reason: string, message: string, againMs?: number): Failure {
  return { kind, reason, message, ...(againMs === undefined ? {} : { againMs }) }
}

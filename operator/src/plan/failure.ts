import { REFUSED_OBJECT_RETRY_MS } from '../limits.ts'
import { ApiError, ConnectionError, isConflict } from '../runtime/errors.ts'

/** Only a person can help. There is no retry until a watched object changes, or, for what is not watched, after a delay. */
export class Stalled extends Error {
  override readonly name = 'Stalled'
  readonly reason: string
  readonly retryMs: number | undefined

  constructor(reason: string, message: string, retryMs?: number) {
    super(message)
    this.reason = reason
    this.retryMs = retryMs
  }
}

/** Something else has to happen first. The ChatApp is reconciled again when a watched object changes, or after a delay. */
export class Waiting extends Error {
  override readonly name = 'Waiting'
  readonly reason: string
  readonly retryMs: number | undefined

  constructor(reason: string, message: string, retryMs?: number) {
    super(message)
    this.reason = reason
    this.retryMs = retryMs
  }
}

/** Why a reconciliation ended early. */
export interface Failure {
  /** What follows: `stalled` and `waiting` as above; `transient` is repeated with growing delays. */
  readonly kind: 'stalled' | 'waiting' | 'transient'
  readonly reason: string
  readonly message: string
  readonly retryMs?: number
}

/** The failure that an error is. An error that is not known to need a person is repeated. */
export function classify(error: unknown): Failure {
  if (error instanceof Stalled) return failure('stalled', error.reason, error.message, error.retryMs)
  if (error instanceof Waiting) return failure('waiting', error.reason, error.message, error.retryMs)
  if (error instanceof ApiError) return ofApi(error)
  if (error instanceof ConnectionError) return failure('transient', 'ApiServerUnreachable', error.message)
  return failure('transient', 'InternalError', error instanceof Error ? error.message : String(error))
}

function ofApi(error: ApiError): Failure {
  // The uid or the resourceVersion is not current: the next reconciliation sees the newer object.
  if (isConflict(error)) return failure('transient', 'Conflict', error.message)
  if (isRefusedObject(error)) return failure('stalled', 'InvalidObject', error.message, REFUSED_OBJECT_RETRY_MS)
  // Quotas, admission policies and permissions are changed by others, and are not watched.
  if (error.status === 403) return failure('transient', 'Forbidden', error.message)
  return failure('transient', 'ApiServerError', error.message)
}

/**
 * Strict field validation refuses an unknown field with 400, the schema or an admission policy an invalid value with 422,
 * and server-side apply a field that is not in the schema with 500 and this text.
 */
function isRefusedObject({ status, message }: ApiError): boolean {
  return status === 400 || status === 422 || message.includes('failed to create typed patch object')
}

function failure(kind: Failure['kind'], reason: string, message: string, retryMs?: number): Failure {
  return { kind, reason, message, ...(retryMs === undefined ? {} : { retryMs }) }
}

import type { Part } from '@chat-app/chat'
import type { Blocker } from '../observe/blockers.ts'
import { REFUSED_OBJECT_RETRY_MS } from '../limits.ts'
import { ApiError, ConnectionError, isConflict } from '../runtime/errors.ts'
import { defined } from '../runtime/json.ts'
import { QUANTITY_REFUSALS } from './refusal.ts'

/** Ends a reconciliation for a reason that is known. */
class Ended extends Error {
  readonly kind: 'stalled' | 'waiting'
  readonly reason: string
  readonly retryMs: number | undefined

  constructor(kind: Ended['kind'], [reason, message, retryMs]: Cause) {
    super(message)
    this.kind = kind
    this.reason = reason
    this.retryMs = retryMs
  }
}

type Cause = [reason: string, message: string, retryMs?: number]

/** Only a person can help. There is no retry until a watched object changes, or, for what is not watched, after a delay. */
export class Stalled extends Ended {
  constructor(...cause: Cause) {
    super('stalled', cause)
  }
}

/** Something else has to happen first. The ChatApp is reconciled again when a watched object changes, or after a delay. */
export class Waiting extends Ended {
  constructor(...cause: Cause) {
    super('waiting', cause)
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

/** A failure that holds only what comes from some parts of the spec. Without a part it holds nothing, and is a note. */
export interface PartFault extends Failure {
  readonly parts: readonly Part[]
}

/** The failure that an error is. An error that is not known to need a person is repeated. */
export function classify(error: unknown): Failure {
  if (error instanceof Ended) return failure(error.kind, error.reason, error.message, error.retryMs)
  if (error instanceof ApiError) return ofApi(error)
  if (error instanceof ConnectionError) return failure('transient', 'ApiServerUnreachable', error.message)
  return failure('transient', 'InternalError', error instanceof Error ? error.message : String(error))
}

function ofApi(error: ApiError): Failure {
  // The uid or the resourceVersion is not current: the next reconciliation sees the newer object.
  if (isConflict(error)) return failure('transient', 'Conflict', error.message)
  if (error.message.includes('failed calling webhook')) return failure('transient', 'WebhookUnavailable', error.message)
  if (isRefusedObject(error)) return failure('stalled', 'InvalidObject', error.message, REFUSED_OBJECT_RETRY_MS)
  // Quotas, admission policies and permissions are changed by others, and are not watched.
  if (error.status === 403) return failure('transient', 'Forbidden', error.message)
  return failure('transient', 'ApiServerError', error.message)
}

/**
 * Texts of answers with status 500 that are about the object: server-side apply does not know a field, or a quantity cannot be
 * read.
 */
const REFUSALS = ['failed to create typed patch object', ...QUANTITY_REFUSALS]

/**
 * Strict field validation refuses an unknown field with 400, and the schema or an admission policy an invalid value with 422.
 * A webhook that denies a request chooses the status, by default 403.
 */
function isRefusedObject({ status, message }: ApiError): boolean {
  if (status === 400 || status === 422 || REFUSALS.some((text) => message.includes(text))) return true
  return /admission webhook "[^"]*" denied/.test(message)
}

function failure(kind: Failure['kind'], reason: string, message: string, retryMs?: number): Failure {
  return defined({ kind, reason, message, retryMs })
}

/** All of them in one, with the reason of the first. */
export function joined(failures: readonly Failure[]): Blocker | undefined {
  const [first] = failures
  return first && { reason: first.reason, message: failures.map(({ message }) => message).join('; ') }
}

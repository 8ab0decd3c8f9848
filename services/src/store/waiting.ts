import { isProbeName } from '../protocol/names.ts'
import { anyRetryAfterSeconds, AppError } from '../support/errors.ts'
import type { NewEvent, Outcome, Position, Refusal } from './new-event.ts'

/** The client connects and joins its rooms again before it sends, which takes a while, too. */
const MOST_RETRY_SECONDS = 3

/** An event that waits to be stored. */
export interface Waiting {
  readonly event: NewEvent
  /** Its memory. */
  readonly bytes: number
  /** When it was handed over, by `performance.now()`. */
  readonly sinceMs: number
  readonly resolve: (position: Position) => void
  readonly reject: (error: AppError) => void
}

/** Why an event was not acknowledged. The words of the driver have addresses and names of users, which the log alone gets. */
const REASONS = {
  full: 'too many messages wait for the database',
  roomFull: 'too many messages wait in this room',
  behindOther: 'an earlier message of this room was not stored',
  tooManyHeld: 'too many rooms wait for the database',
  roomNotStored: 'the messages of this room cannot be stored now',
  notStored: 'the database stores no messages now',
}

export type Reason = keyof typeof REASONS

/** The error of an event whose outcome is unknown, or that was not tried. */
export function unavailable(reason: Reason): AppError {
  const message = `not acknowledged (${REASONS[reason]}): send it again with the same clientId`
  return new AppError('unavailable', message, undefined, {
    retryAfterSeconds: anyRetryAfterSeconds(MOST_RETRY_SECONDS),
  })
}

export function rejectAll(waiting: readonly Waiting[], error: AppError): void {
  for (const each of waiting) each.reject(error)
}

/** Answers the events that have an outcome. Returns how many of users, without those of `prove`, were acknowledged. */
export function settle(batch: readonly Waiting[], outcomes: readonly (Outcome | undefined)[]): number {
  let acknowledged = 0
  for (const [index, { event, resolve, reject }] of batch.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined) continue
    if (typeof outcome === 'string' || outcome instanceof AppError) {
      reject(outcome instanceof AppError ? outcome : refusal(outcome, event))
    } else {
      resolve(outcome)
      if (!isProbeName(event.sender)) acknowledged += 1
    }
  }
  return acknowledged
}

function refusal(outcome: Exclude<Refusal, AppError>, { clientId }: NewEvent): AppError {
  if (outcome === 'no-room') return new AppError('not_found', 'this room does not exist', 'room')
  return new AppError(
    'conflict',
    `"${clientId}" is the clientId of another message that you sent to this room: choose a new one for each message`,
    'clientId',
  )
}

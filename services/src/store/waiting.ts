import { isProbeName } from '../protocol/names.ts'
import { AppError } from '../support/errors.ts'
import type { NewEvent, Outcome, Position, Refusal } from './batch.ts'

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

/** The error of an event whose outcome is unknown, or that was not tried. */
export function unavailable(reason: string): AppError {
  return new AppError('unavailable', `not acknowledged (${reason}): send it again with the same clientId`)
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
    if (typeof outcome === 'string') {
      reject(refusal(outcome, event))
    } else {
      resolve(outcome)
      if (!isProbeName(event.sender)) acknowledged += 1
    }
  }
  return acknowledged
}

function refusal(outcome: Refusal, { clientId }: NewEvent): AppError {
  if (outcome === 'no-room') return new AppError('not_found', 'this room does not exist', 'room')
  return new AppError(
    'conflict',
    `"${clientId}" is the clientId of another message that you sent to this room: choose a new one for each message`,
    'clientId',
  )
}

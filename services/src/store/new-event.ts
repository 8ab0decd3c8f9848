import type { Audience } from '../protocol/events.ts'
import type { AppError } from '../support/errors.ts'

export interface NewEvent {
  /** The room's id in the database. */
  readonly room: number
  readonly kind: string
  readonly sender: string
  /** 0 is the system. @default the account of the sender's name */
  readonly senderId?: number
  /** The name that is shown, if it is fixed for this event. */
  readonly senderLabel?: string
  /** Chosen by the sender. An event with the same id from the same sender in the same room is stored once. */
  readonly clientId: string
  /** The text of a message or of an edit; empty for other kinds. */
  readonly body: string
  /** What else its kind has, by the schema of the kind. */
  readonly data?: Readonly<Record<string, unknown>>
  /** The number of the event that this one changes. */
  readonly target?: number
  /** @default that of the target, else everyone in the room */
  readonly audience?: Audience
}

/** An event's place in its room. */
export interface Position {
  readonly epoch: number
  readonly seq: number
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
  /** The event had been stored by an earlier call. */
  readonly repeated: boolean
  readonly audience?: Audience
  readonly messageNo?: number
}

/**
 * Why one event is not stored: its room does not exist, its client id belongs to another event, or the rules of its kind
 * refuse it.
 */
export type Refusal = 'no-room' | 'conflict' | AppError

export type Outcome = Position | Refusal

import type { z } from 'zod'
import type { NewEvent, Refusal } from '../store/new-event.ts'
import type { EventRow } from '../store/event-rows.ts'
import type { LockedRoom } from '../store/room-locks.ts'
import type { BatchState, Person } from './state.ts'

/** A kind of events: what it has, who may send it, and what it changes. Further kinds are registered with `Kinds`. */
export interface EventKind {
  readonly name: string
  /** The form of `data`. @default it has none */
  readonly data?: z.ZodType<Readonly<Record<string, unknown>>>
  /** Whether it makes a room unread. @default false */
  readonly counts?: boolean
  /** Whether it needs the event that it is about. @default false */
  readonly hasTarget?: boolean
  /** Whether it has a text, which its own row keeps unless `keepsText` is false. @default false */
  readonly hasText?: boolean
  readonly keepsText?: boolean
  /** The names of other users that its rules ask for. @default none */
  readonly people?: (event: NewEvent) => readonly string[]
  /** The numbers of further events that its rules ask for. @default none */
  readonly references?: (event: NewEvent) => readonly number[]
  /** Applies its changes to the state. Returns why it is refused, and has changed nothing then. */
  readonly apply: (step: Step) => Refusal | undefined
}

/** One event of a batch, on its way. */
export interface Step {
  readonly event: NewEvent
  readonly room: LockedRoom
  /** The number that it gets. */
  readonly seq: number
  /** Who sends it. */
  readonly sender: Person
  /**
   * The event that it is about; undefined if its kind has none, or if the sender may not read it. Only that of an edit
   * has its text and data: others must not need them.
   */
  readonly target: EventRow | undefined
  /** The system acts without a connection, and may do what the kind does. */
  readonly isSystem: boolean
  readonly state: BatchState
}

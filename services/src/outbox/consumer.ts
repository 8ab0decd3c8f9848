import type { Audience, StoredEvent } from '../protocol/events.ts'
import type { OutboxInterest } from '../store/outbox.ts'

/** An event that another system is told of. `room`, `epoch` and `seq` name it, also when it comes again. */
export interface RelayedEvent {
  /** The room's id in the database. */
  readonly room: number
  readonly epoch: number
  readonly seq: number
  readonly kind: string
  readonly audience: Audience
  /** The event as it is now: of a message that was recalled or has expired, the text is gone. */
  readonly event: StoredEvent
}

/** A part of this program that tells another system what happens in rooms. */
export interface Consumer extends OutboxInterest {
  /**
   * Resolves when the other system has confirmed the event. The events of a room come in order, one at a time. An event
   * comes again when it was not confirmed, or when the process ends before it has noted that: the other system drops
   * what it knows.
   *
   * @param signal aborted when the time for this event is over
   */
  handle(event: RelayedEvent, signal: AbortSignal): Promise<void>
}

/** The consumers of this release. */
export const CONSUMERS: readonly Consumer[] = []

import type { PoolConnection } from 'mysql2/promise'
import type { Audience } from '../protocol/events.ts'
import type { NewEvent, Refusal } from './new-event.ts'
import type { EventRow } from './event-rows.ts'
import type { LockedRoom } from './room-locks.ts'

/** What the kinds of events allow and change, inside the transaction that numbers them. */
export interface EventRules {
  /**
   * Reads what the decisions need: after the rooms were locked, before the first event is numbered.
   * @param hashKey the key of the hashes of requests. @default no hashes
   */
  prepare(
    connection: PoolConnection,
    events: readonly NewEvent[],
    rooms: ReadonlyMap<number, LockedRoom>,
    hashKey?: Buffer,
  ): Promise<Decisions>
}

/** What the kind of an event adds to its row. */
export interface Approved {
  /** The number of the account; 0 is the system. */
  readonly senderId: number | null
  readonly audience: Audience
  /** Which counter of unread messages it raises. */
  readonly counts: 'all' | 'staff' | 'no'
  /** The text that its own row keeps. */
  readonly body: string
}

/** The decisions about one batch. Each sees what those before it changed. */
export interface Decisions {
  /** @param seq the number that the event gets, if it is approved */
  decide(event: NewEvent, room: LockedRoom, seq: number): Approved | Refusal
  /** Makes the row of an approved event known to the events behind it, which may change it before it is stored. */
  stored(row: EventRow): void
  /** Writes what the approved events change beside their own rows, after these were inserted. */
  write(connection: PoolConnection): Promise<void>
  /** Called after COMMIT. */
  committed(): void
}

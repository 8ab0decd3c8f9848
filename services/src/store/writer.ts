import { HELD_ROOMS_AT_A_TIME, MAX_HELD_ROOMS, WRITE_LANES } from '../support/limits.ts'
import { Semaphore } from '../support/semaphore.ts'
import type { NewEvent, Position } from './new-event.ts'
import type { Database } from './database.ts'
import { Lane, type LaneOptions } from './lane.ts'
import { findRepeat } from './repeats.ts'

export interface WriterOptions extends LaneOptions {
  /** Rooms are hashed to lanes. @default 2 */
  readonly lanes?: number
}

/**
 * The only writer of events. What queues in a lane while its batch is in flight becomes its next batch, so there is no
 * timer, and a message of an idle room does not wait. Within a room, events are stored in the order of the calls.
 */
export class Writer {
  readonly #database: Database
  readonly #options: WriterOptions
  readonly #lanes: Lane[]

  constructor(database: Database, options: WriterOptions = {}) {
    this.#database = database
    this.#options = options
    const lanes = options.lanes ?? WRITE_LANES
    const heldSlots = new Semaphore(HELD_ROOMS_AT_A_TIME, lanes * MAX_HELD_ROOMS)
    this.#lanes = Array.from({ length: lanes }, () => new Lane(database, options, heldSlots))
  }

  /** Rooms whose messages wait alone, because another session has locked them or something of them fails. */
  get heldRooms(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.held, 0)
  }

  /**
   * Resolves once the event is committed. Two calls are queued in the order in which they were made.
   * @throws AppError `not_found` if the room does not exist, `conflict` if the client id is that of another event of
   * this sender in this room, `refused` if the database refuses this event, `unavailable` if the outcome is unknown:
   * send it again with the same client id
   */
  append(event: NewEvent): Promise<Position> {
    return (this.#lanes[event.room % this.#lanes.length] as Lane).append(event)
  }

  /**
   * The place of an event that an earlier call has stored, whatever its sender may do now.
   * @throws the driver's error
   */
  async repeat(event: NewEvent): Promise<Position | undefined> {
    return findRepeat(this.#database, event, this.#options.context?.().hashKey)
  }

  /** Resolves when nothing is queued or in flight. */
  async idle(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.idle()))
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolConnection } from 'mysql2/promise'
import type { StoredEvent } from '../protocol/events.ts'
import type { Database } from '../store/database.ts'
import { inTransaction } from '../store/transaction.ts'
import { messageOf } from '../support/errors.ts'
import { OUTBOX_ATTEMPTS, OUTBOX_HANDLE_TIMEOUT_MS, WRITER_CONNECTIONS } from '../support/limits.ts'
import { Semaphore } from '../support/semaphore.ts'
import { within } from '../support/within.ts'
import type { Consumer } from './consumer.ts'
import { deleteRows, firstRows, headsAfter, lockHead, noteFailure, type Head, type WaitingRow } from './rows.ts'

/** Events of a room that are handed over, and the time after which none is begun, before another room has its turn. */
const TURN = { events: 20, ms: 5000 }
/** Rooms of one consumer at a time. */
const MOST_ROOMS_AT_A_TIME = 8
/** How long it rests when nothing is due. */
const IDLE_MS = 500
/** The pauses before a row is tried again double from the first to the longest one: all attempts take five minutes. */
const PAUSE_MS = { first: 1000, longest: 60_000 }
/** A consumer that has confirmed an event within this time works. It is shorter than the last pauses of a row. */
const WORKS_MS = 30_000

/**
 * The attempts of a row that count while its consumer is away, so that a row is not given up for one failure when the
 * consumer is back.
 */
const ATTEMPTS_WHILE_AWAY = OUTBOX_ATTEMPTS / 2

export interface RelayOptions {
  readonly database: Database
  readonly consumers: readonly Consumer[]
  /** Reads one event as it is now; undefined if it was purged. */
  readonly readEvent: (room: number, seq: number) => Promise<StoredEvent | undefined>
  readonly onConfirmed?: (consumer: string, events: number) => void
  readonly onFailed?: (failure: {
    consumer: string
    room: number
    seq: number
    error: string
    givenUp: boolean
  }) => void
  /** The database cannot be used. */
  readonly onTrouble?: (error: unknown) => void
  /** @default 1000 and 60000 */
  readonly pauseMs?: { readonly first: number; readonly longest: number }
  /** @default 30000 */
  readonly worksMs?: number
  /** @default 10000 */
  readonly handleTimeoutMs?: number
}

/**
 * Hands the rows of the outbox to their consumers, and deletes what they confirm.
 *
 * Each turn of a room is a transaction that has locked the first row of the room with SKIP LOCKED. So several processes
 * share the rooms without a lease and its clock, a room is in order, and what a killed process had begun is free as soon
 * as its connection is. The lock is on the row of the outbox alone, so the chat never waits for it.
 *
 * All rooms have their turn again and again. A position in the table is not kept: a lower id may commit later.
 */
export class Relay {
  readonly #stopped = new AbortController()
  readonly #loops: Promise<void>[]

  /** @throws Error if the database has too few connections for the consumers */
  constructor(options: RelayOptions) {
    const { database, consumers } = options
    // A turn has one connection for its transaction, and reads events with another one.
    const share = Math.floor(database.readers / (2 * consumers.length))
    if (share < 1) {
      const least = WRITER_CONNECTIONS + 2 * consumers.length
      throw new Error(
        `database.max_connections: ${database.usage.limit} is too few for the worker: set at least ${least}`,
      )
    }
    const roomsAtATime = Math.min(share, MOST_ROOMS_AT_A_TIME)
    this.#loops = consumers.map((consumer) =>
      new ConsumerRelay(consumer, options, roomsAtATime).run(this.#stopped.signal),
    )
  }

  /** Begins nothing more. Resolves when what was begun has ended. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await Promise.all(this.#loops)
  }
}

class ConsumerRelay {
  readonly #consumer: Consumer
  readonly #options: RelayOptions
  readonly #turns: Semaphore
  /** The rooms that have their turn. */
  readonly #rooms = new Map<number, Promise<void>>()
  #confirmedAtMs = -Infinity
  /** Whether a turn has found something to do since this was reset. */
  #worked = false

  constructor(consumer: Consumer, options: RelayOptions, roomsAtATime: number) {
    this.#consumer = consumer
    this.#options = options
    this.#turns = new Semaphore(roomsAtATime, 1)
  }

  async run(signal: AbortSignal): Promise<void> {
    const rest = () => sleep(IDLE_MS, undefined, { signal }).catch(() => undefined)
    while (!signal.aborted) {
      this.#worked = false
      await this.#round(signal).catch((error: unknown) => this.#options.onTrouble?.(error))
      if (this.#rooms.size > 0) await Promise.race([rest(), ...this.#rooms.values()])
      if (!this.#worked) await rest()
    }
    await Promise.all(this.#rooms.values())
  }

  /** Gives each room that waits one turn. */
  async #round(signal: AbortSignal): Promise<void> {
    for (let after = 0; !signal.aborted;) {
      const heads = await headsAfter(this.#options.database, this.#consumer.name, after)
      const last = heads.at(-1)
      if (last === undefined) return
      // A room whose turn takes long does not keep the others waiting.
      const due = heads.filter(({ isDue, room }) => isDue && !this.#rooms.has(room))
      for (const head of due) await this.#begin(head, signal)
      after = last.room
    }
  }

  /** Resolves when the turn of the room has begun. */
  #begin(head: Head, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const turn = this.#turns
        .run(async () => {
          resolve()
          if (!signal.aborted) await this.#turn(head, signal)
        })
        .catch((error: unknown) => this.#options.onTrouble?.(error))
        .finally(() => {
          this.#rooms.delete(head.room)
          resolve()
        })
      this.#rooms.set(head.room, turn)
    })
  }

  async #turn(head: Head, signal: AbortSignal): Promise<void> {
    const { database, onConfirmed } = this.#options
    const confirmed = await inTransaction(database, async (connection) => {
      if (!(await lockHead(connection, head))) return 0
      this.#worked = true
      const rows = await firstRows(connection, this.#consumer.name, head.room, TURN.events)
      const { ids, failed } = await this.#handOver(head.room, rows, signal)
      await deleteRows(connection, ids)
      if (failed) await this.#fail(connection, head.room, failed)
      return ids.length
    })
    if (confirmed > 0) onConfirmed?.(this.#consumer.name, confirmed)
  }

  /** Hands over the events in order, up to the first one that fails. */
  async #handOver(room: number, rows: readonly WaitingRow[], signal: AbortSignal): Promise<Handed> {
    const ids: number[] = []
    const startedAtMs = performance.now()
    for (const row of rows) {
      if (signal.aborted || performance.now() - startedAtMs > TURN.ms) break
      let event: StoredEvent | undefined
      try {
        event = await this.#options.readEvent(room, row.seq)
      } catch (error) {
        this.#options.onTrouble?.(error)
        break
      }
      try {
        // There is nothing to tell of one that was purged.
        if (event) await this.#handle(room, row, event)
      } catch (error) {
        return { ids, failed: { row, error } }
      }
      ids.push(row.id)
    }
    return { ids, failed: undefined }
  }

  async #handle(room: number, { epoch, seq, kind, audience }: WaitingRow, event: StoredEvent): Promise<void> {
    const timeoutMs = this.#options.handleTimeoutMs ?? OUTBOX_HANDLE_TIMEOUT_MS
    const time = new AbortController()
    try {
      const handling = this.#consumer.handle({ room, epoch, seq, kind, audience, event }, time.signal)
      await within(timeoutMs, handling, `no confirmation within ${timeoutMs} ms`)
      this.#confirmedAtMs = performance.now()
    } finally {
      time.abort()
    }
  }

  /** A row is given up only if its consumer works: while it is away, everything waits for it. */
  async #fail(connection: PoolConnection, room: number, { row, error }: Failed): Promise<void> {
    const { pauseMs = PAUSE_MS, worksMs = WORKS_MS, onFailed } = this.#options
    const works = performance.now() - this.#confirmedAtMs < worksMs
    const mostAttempts = works ? OUTBOX_ATTEMPTS : ATTEMPTS_WHILE_AWAY
    const givenUp = works && row.attempts + 1 >= OUTBOX_ATTEMPTS
    const pause = Math.min(pauseMs.first * 2 ** row.attempts, pauseMs.longest)
    await noteFailure(connection, { id: row.id, pauseMs: pause, mostAttempts, givenUp })
    onFailed?.({ consumer: this.#consumer.name, room, seq: row.seq, error: messageOf(error), givenUp })
  }
}

interface Failed {
  readonly row: WaitingRow
  readonly error: unknown
}

interface Handed {
  /** The rows that were confirmed. */
  readonly ids: readonly number[]
  readonly failed: Failed | undefined
}

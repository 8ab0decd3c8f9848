import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { AppError, messageOf } from '../support/errors.ts'
import { HELD_ROOM_MEMORY_MS } from '../support/limits.ts'
import type { Semaphore } from '../support/semaphore.ts'
import { storeBatch, type BatchContext, type BatchOptions, type StoredBatch } from './batch.ts'
import type { Database } from './database.ts'
import type { EventQueue } from './event-queue.ts'
import { verdict } from './mysql-errors.ts'
import { rejectAll, unavailable, type Waiting } from './waiting.ts'

export interface HeldRoomOptions {
  /** The room's id in the database. */
  readonly room: number
  readonly database: Database
  readonly queue: EventQueue
  /** Bounds how many held rooms are tried at a time, so that they do not keep connections from the others. */
  readonly slots: Semaphore
  /** How long an event may wait. */
  readonly patienceMs: number
  readonly context: () => BatchContext
  readonly onStored: (batch: readonly Waiting[], stored: StoredBatch) => void
  readonly onTrouble: (trouble: { message: string; attempt: number }) => void
  /** The room is as any other again. */
  readonly onReleased: () => void
}

/** The pause before the next attempt doubles from the first to the second. */
const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 500
/** A room that another process writes to is free within less. */
const STUCK_MS = 1000

/**
 * A room whose events could not be stored together with those of other rooms: another session has locked its row, or
 * something of it always fails. Its events wait here, in order, and nobody waits for them.
 */
export class HeldRoom {
  readonly #options: HeldRoomOptions
  readonly #queue: EventQueue
  #working: Promise<void> | undefined
  #forget: NodeJS.Timeout | undefined
  #isStored = false
  /** The last attempt met a lock of another session. */
  #isLocked = true
  /** When the room was seen to be written to, by this process or another. */
  #progressAtMs = performance.now()
  #lastSeq: number | undefined
  #next: BatchOptions = { skipLocked: true }

  constructor(options: HeldRoomOptions) {
    this.#options = options
    this.#queue = options.queue
  }

  /** It is locked, and nobody has written to it for some time: a batch that waits for such a lock waits in vain. */
  get isStuck(): boolean {
    return !this.isEmpty && this.#isLocked && performance.now() - this.#progressAtMs > STUCK_MS
  }

  /** Whether it has nothing to store. It is still held, because its last events could not be stored. */
  get isEmpty(): boolean {
    return this.#queue.length === 0
  }

  /** Returns false if its queue is full. */
  add(waiting: Waiting): boolean {
    if (!this.#queue.push(waiting)) return false
    clearTimeout(this.#forget)
    this.#working ??= this.#work()
    return true
  }

  /** Ends waiting for further events. */
  release(): void {
    clearTimeout(this.#forget)
    this.#options.onReleased()
  }

  /** Resolves when nothing is queued or in flight. */
  async idle(): Promise<void> {
    await this.#working
  }

  async #work(): Promise<void> {
    const { slots, onTrouble } = this.#options
    await nextTurn()
    for (let failures = 0; this.#queue.length > 0;) {
      const failure = await slots.run(() => this.#attempt())
      if (failure === undefined) {
        failures = 0
        continue
      }
      failures += 1
      onTrouble({ message: failure, attempt: failures })
      await sleep(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2))
    }
    this.#working = undefined
    if (this.#isStored) return this.release()
    // Its next events would make the batch of all other rooms wait.
    this.#forget = setTimeout(() => this.release(), HELD_ROOM_MEMORY_MS)
    this.#forget.unref()
  }

  /** Returns why nothing was stored, if that may be different next time. */
  async #attempt(): Promise<string | undefined> {
    const { database, patienceMs, onStored, context } = this.#options
    // Whoever sent the first event sends those behind it again, too.
    if (performance.now() - (this.#queue.first?.sinceMs ?? 0) >= patienceMs) {
      this.#isStored = false
      rejectAll(this.#queue.removeAll(), unavailable('roomNotStored'))
      return undefined
    }
    const batch = this.#queue.batch()
    const events = batch.map(({ event }) => event)
    const options = this.#next
    this.#next = { skipLocked: true }
    let stored: StoredBatch
    try {
      const known = context()
      stored = await database.useReserved((connection) => storeBatch(connection, events, options, known))
    } catch (error) {
      const then = verdict(error)
      this.#isLocked = then === 'locked'
      if (then === 'poison') return this.#refuse(batch.length, error)
      this.#next = { skipLocked: true, repair: then === 'behind' }
      return messageOf(error)
    }
    const lastSeq = stored.locked.get(this.#options.room)
    this.#isLocked = lastSeq !== undefined
    if (lastSeq !== undefined) return this.#wasLocked(lastSeq)
    this.#isStored = true
    this.#progressAtMs = performance.now()
    this.#queue.stored(batch.length)
    onStored(batch, stored)
    return undefined
  }

  /**
   * If others have stored events in it, its lock is busy and not stuck. Then the next attempt waits in line: it might
   * never meet the moment in which the lock is free.
   */
  #wasLocked(lastSeq: number): string {
    if (this.#lastSeq !== undefined && lastSeq > this.#lastSeq) {
      this.#progressAtMs = performance.now()
      this.#next = {}
    }
    this.#lastSeq = lastSeq
    return `room ${this.#options.room} is locked by another session`
  }

  #refuse(rows: number, error: unknown): undefined {
    const message = `the database refuses this message: ${messageOf(error)}`
    const refused = this.#queue.refused(rows)
    if (!refused) return
    this.#isStored = true
    refused.reject(new AppError('refused', message, 'body'))
  }
}

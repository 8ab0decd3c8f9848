import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { AppError, messageOf } from '../support/errors.ts'
import {
  HELD_ROOM_SHARE,
  HELD_SHARE,
  MAX_BATCH_BYTES,
  MAX_BATCH_ROWS,
  MAX_HELD_ROOMS,
  MAX_QUEUED_BYTES,
  MAX_QUEUED_ROWS,
  WRITE_PATIENCE_MS,
} from '../support/limits.ts'
import type { Semaphore } from '../support/semaphore.ts'
import { storeBatch, type BatchContext, type BatchOptions, type StoredBatch } from './batch.ts'
import type { Database } from './database.ts'
import { Budget, EventQueue } from './event-queue.ts'
import { HeldRoom } from './held-room.ts'
import { LeftOutRooms } from './left-out-rooms.ts'
import { isOfRooms, verdict, type Verdict } from './mysql-errors.ts'
import type { NewEvent, Position } from './new-event.ts'
import type { Repair } from './room-locks.ts'
import { settle, unavailable, type Reason, type Waiting } from './waiting.ts'

export interface LaneOptions {
  /** @default 1000 */
  readonly maxBatchRows?: number
  /** @default 1 MiB */
  readonly maxBatchBytes?: number
  /** Events that may wait in one lane; more are refused. @default 20000 */
  readonly maxQueuedRows?: number
  /** @default 32 MiB */
  readonly maxQueuedBytes?: number
  /** How long an event is tried while the database is unavailable, or its room is locked. @default 20000 */
  readonly patienceMs?: number
  /** A transaction was committed. `ofUsers` are the rows that were acknowledged, without those of `prove`. */
  readonly onBatch?: (batch: { rows: number; ofUsers: number; durationMs: number }) => void
  readonly onTrouble?: (trouble: { message: string; attempt: number }) => void
  /** A room's counter was behind its events, and was set to the last one. */
  readonly onRepaired?: (repair: Repair) => void
  /** Called for each batch. @default no rules and no hashes */
  readonly context?: () => BatchContext
}

/** Memory of a waiting event besides its body. */
const EVENT_OVERHEAD_BYTES = 200
/** Pauses before the next attempt grow by this with each attempt, for ten attempts. */
const RETRY_STEP_MS = 5
const WAIT_STEP_MS = 50
const MAX_STEPS = 10
/** In which a transaction of another process that stores a few messages ends. */
const LEFT_OUT_PAUSE_MS = 5
/** After so many failures that the rooms of a batch may cause, each of them is tried alone. */
const MAX_REFUSED_ATTEMPTS = 3

/**
 * A queue of events with one batch in flight. Events are stored in the order of the calls. A room that cannot be stored
 * is held: it leaves the queue, so that it does not stop the other rooms.
 */
export class Lane {
  readonly #database: Database
  readonly #options: LaneOptions
  readonly #heldSlots: Semaphore
  readonly #batch: { readonly maxRows: number; readonly maxBytes: number }
  readonly #queue: EventQueue
  readonly #held = new Map<number, HeldRoom>()
  readonly #heldBudget: Budget
  readonly #heldRoomBounds: readonly [maxRows: number, maxBytes: number]
  /** What the next attempt does differently. It outlasts a batch that is halved. */
  #remedy: BatchOptions = {}
  readonly #leftOut = new LeftOutRooms()
  #working: Promise<void> | undefined
  /**
   * Rooms of which an event was turned away in this turn of the event loop. A later one would overtake it, although it
   * fits: its sender hears of the first one in the next turn.
   */
  readonly #turnedAway = new Set<number>()

  /** @param heldSlots bounds how many held rooms of all lanes are tried at a time */
  constructor(database: Database, options: LaneOptions, heldSlots: Semaphore) {
    this.#database = database
    this.#options = options
    this.#heldSlots = heldSlots
    const { maxQueuedRows = MAX_QUEUED_ROWS, maxQueuedBytes = MAX_QUEUED_BYTES } = options
    this.#batch = {
      maxRows: options.maxBatchRows ?? MAX_BATCH_ROWS,
      maxBytes: options.maxBatchBytes ?? MAX_BATCH_BYTES,
    }
    const whole = new Budget(maxQueuedRows, maxQueuedBytes)
    this.#queue = new EventQueue(whole, this.#batch)
    this.#heldBudget = new Budget(maxQueuedRows * HELD_SHARE, maxQueuedBytes * HELD_SHARE, whole)
    this.#heldRoomBounds = [maxQueuedRows * HELD_ROOM_SHARE, maxQueuedBytes * HELD_ROOM_SHARE]
  }

  /** How many rooms are held. */
  get held(): number {
    return this.#held.size
  }

  /** Resolves once the event is committed. @throws as `Writer.append` does. */
  append(event: NewEvent): Promise<Position> {
    const bytes = sizeOf(event)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { event, bytes, sinceMs: performance.now(), resolve, reject }
      const held = this.#held.get(event.room)
      if (this.#turnedAway.has(event.room)) return this.#turnAway(waiting, 'behindOther')
      if (held) return held.add(waiting) || this.#turnAway(waiting, 'roomFull')
      if (!this.#queue.push(waiting)) return this.#turnAway(waiting, 'full')
      this.#working ??= this.#work()
    })
  }

  /** Resolves when nothing is queued or in flight. */
  async idle(): Promise<void> {
    const held = () => [...this.#held.values()].filter((room) => !room.isEmpty)
    while (this.#working || held().length > 0) {
      await Promise.all([this.#working, ...held().map((room) => room.idle())])
    }
  }

  async #work(): Promise<void> {
    // Events that arrive in the same turn of the event loop share a batch.
    await nextTurn()
    while (this.#queue.length > 0) {
      await this.#store(this.#queue.batch())
      if (this.#leftOut.ids.size > 0) await sleep(LEFT_OUT_PAUSE_MS)
    }
    this.#working = undefined
  }

  /**
   * Tries one batch until its outcome is known, its rooms are held, or the database has been unavailable for too long.
   * No later batch overtakes it. A COMMIT whose answer was lost is retried too: the stored client ids then give the
   * outcome.
   */
  async #store(batch: readonly Waiting[]): Promise<void> {
    const startedAtMs = performance.now()
    const events = batch.map(({ event }) => event)
    const waits = this.#leftOut.takeBusy() || ![...this.#held.values()].some(({ isStuck }) => isStuck)
    if (!waits) this.#remedy = { ...this.#remedy, skipLocked: true }
    let [refusals, hasWaited] = [0, waits]
    for (let attempt = 1; ; attempt += 1) {
      const options = this.#remedy
      let stored: StoredBatch
      try {
        const context = this.#options.context?.()
        stored = await this.#database.useReserved((connection) => storeBatch(connection, events, options, context))
      } catch (error) {
        const then = verdict(error)
        const message = messageOf(error)
        if (then === 'poison') return this.#refuse(batch.length, message)
        this.#options.onTrouble?.({ message, attempt })
        if (isOfRooms(error)) refusals += 1
        hasWaited ||= then === 'locked'
        const waitedTwice = then === 'locked' && options.skipLocked === true
        if (waitedTwice || refusals >= MAX_REFUSED_ATTEMPTS) return this.#hold(roomsOf(batch))
        if (performance.now() - startedAtMs >= this.#patienceMs) {
          for (const waiting of this.#queue.removeAll()) this.#turnAway(waiting, 'notStored')
          return
        }
        this.#remedy = withRemedy(options, then)
        await sleep(pauseMs(then, attempt))
        continue
      }
      this.#remedy = {}
      return this.#settle(batch, stored, startedAtMs, hasWaited)
    }
  }

  get #patienceMs(): number {
    return this.#options.patienceMs ?? WRITE_PATIENCE_MS
  }

  #settle(batch: readonly Waiting[], stored: StoredBatch, startedAtMs: number, hasWaited: boolean): void {
    if (hasWaited) this.#leftOut.clear()
    const held = hasWaited ? new Set(stored.locked.keys()) : this.#leftOut.note(stored.locked)
    if (held.size > 0) this.#hold(held)
    this.#queue.stored(batch.filter(({ event }) => !held.has(event.room)).length, this.#leftOut.ids)
    this.#answer(batch, stored, startedAtMs)
  }

  /** Whoever is answered may append at once, so the queues are in order before. */
  #answer(batch: readonly Waiting[], { outcomes, repairs }: StoredBatch, startedAtMs: number): void {
    for (const repair of repairs) this.#options.onRepaired?.(repair)
    const ofUsers = settle(batch, outcomes)
    const rows = outcomes.filter((outcome) => outcome !== undefined).length
    if (rows > 0) this.#options.onBatch?.({ rows, ofUsers, durationMs: performance.now() - startedAtMs })
  }

  #refuse(rows: number, message: string): void {
    const refusal = new AppError('refused', `the database refuses this message: ${message}`, 'body')
    this.#queue.refused(rows)?.reject(refusal)
  }

  /** The events of these rooms leave the queue, in order. */
  #hold(rooms: ReadonlySet<number>): void {
    for (const waiting of this.#queue.removeRooms(rooms)) {
      const { room } = waiting.event
      const held = this.#held.get(room) ?? this.#newHeldRoom(room)
      if (!held) this.#turnAway(waiting, 'tooManyHeld')
      else if (this.#turnedAway.has(room)) this.#turnAway(waiting, 'behindOther')
      else if (!held.add(waiting)) this.#turnAway(waiting, 'roomFull')
    }
  }

  #turnAway({ event, reject }: Waiting, reason: Reason): void {
    if (this.#turnedAway.size === 0) setImmediate(() => this.#turnedAway.clear())
    this.#turnedAway.add(event.room)
    reject(unavailable(reason))
  }

  #newHeldRoom(room: number): HeldRoom | undefined {
    if (this.#held.size >= MAX_HELD_ROOMS) [...this.#held.values()].find(({ isEmpty }) => isEmpty)?.release()
    if (this.#held.size >= MAX_HELD_ROOMS) return undefined
    const held: HeldRoom = new HeldRoom({
      room,
      database: this.#database,
      queue: new EventQueue(new Budget(...this.#heldRoomBounds, this.#heldBudget), this.#batch),
      slots: this.#heldSlots,
      context: () => this.#options.context?.() ?? {},
      patienceMs: this.#patienceMs,
      onStored: (batch, stored) => this.#answer(batch, stored, batch[0]?.sinceMs ?? performance.now()),
      onTrouble: (trouble) => this.#options.onTrouble?.(trouble),
      onReleased: () => this.#held.get(room) === held && this.#held.delete(room),
    })
    this.#held.set(room, held)
    return held
  }
}

function sizeOf({ body, data }: NewEvent): number {
  return Buffer.byteLength(body) + (data === undefined ? 0 : JSON.stringify(data).length) + EVENT_OVERHEAD_BYTES
}

function roomsOf(batch: readonly Waiting[]): Set<number> {
  return new Set(batch.map(({ event }) => event.room))
}

/** What the next attempt does differently. */
function withRemedy({ skipLocked = false, repair = false }: BatchOptions, then: Verdict): BatchOptions {
  return { skipLocked: skipLocked || then === 'locked', repair: repair || then === 'behind' }
}

/** Half of it is random, so that two processes that collided do not collide again. */
function pauseMs(then: Verdict, attempt: number): number {
  const stepMs = then === 'wait' ? WAIT_STEP_MS : RETRY_STEP_MS
  return stepMs * Math.min(attempt, MAX_STEPS) * (0.5 + Math.random() / 2)
}

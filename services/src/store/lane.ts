import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { isProbeName } from '../protocol/names.ts'
import { AppError, messageOf } from '../support/errors.ts'
import {
  MAX_BATCH_BYTES,
  MAX_BATCH_ROWS,
  MAX_QUEUED_BYTES,
  MAX_QUEUED_ROWS,
  WRITE_PATIENCE_MS,
} from '../support/limits.ts'
import { storeBatch, type NewEvent, type Outcome, type Position } from './batch.ts'
import type { Database } from './database.ts'
import { verdict } from './mysql-errors.ts'

export interface LaneOptions {
  /** @default 1000 */
  readonly maxBatchRows?: number
  /** @default 1 MiB */
  readonly maxBatchBytes?: number
  /** Events that may wait in one lane; more are refused. @default 20000 */
  readonly maxQueuedRows?: number
  /** @default 32 MiB */
  readonly maxQueuedBytes?: number
  /** How long a batch is retried while the database is unavailable. @default 20000 */
  readonly patienceMs?: number
  /** `ofUsers` are the rows without those of `prove`. */
  readonly onBatch?: (batch: { rows: number; ofUsers: number; durationMs: number }) => void
  readonly onTrouble?: (trouble: { message: string; attempt: number }) => void
}

interface Waiting {
  readonly event: NewEvent
  readonly bytes: number
  readonly resolve: (position: Position) => void
  readonly reject: (error: AppError) => void
}

/** Memory of a waiting event besides its body. */
const EVENT_OVERHEAD_BYTES = 200
/** Pauses before the next attempt grow by this with each attempt, for ten attempts. */
const RETRY_STEP_MS = 5
const WAIT_STEP_MS = 50
const MAX_STEPS = 10

/** A queue of events with one batch in flight. Events are stored in the order of the calls. */
export class Lane {
  readonly #database: Database
  readonly #options: LaneOptions
  #queue: Waiting[] = []
  #queuedBytes = 0
  #working: Promise<void> | undefined

  constructor(database: Database, options: LaneOptions) {
    this.#database = database
    this.#options = options
  }

  /** Resolves once the event is committed. @throws as `Writer.append` does. */
  append(event: NewEvent): Promise<Position> {
    const bytes = Buffer.byteLength(event.body) + EVENT_OVERHEAD_BYTES
    const { maxQueuedRows = MAX_QUEUED_ROWS, maxQueuedBytes = MAX_QUEUED_BYTES } = this.#options
    if (this.#queue.length >= maxQueuedRows || this.#queuedBytes + bytes > maxQueuedBytes) {
      return Promise.reject(unavailable('too many messages wait for the database'))
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ event, bytes, resolve, reject })
      this.#queuedBytes += bytes
      this.#working ??= this.#work()
    })
  }

  /** Resolves when nothing is queued or in flight. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working
  }

  async #work(): Promise<void> {
    // Events that arrive in the same turn of the event loop share a batch.
    await nextTurn()
    while (this.#queue.length > 0) {
      const batch = this.#take()
      const startedAt = Date.now()
      const failure = await this.#store(batch, startedAt + (this.#options.patienceMs ?? WRITE_PATIENCE_MS))
      if (failure) reject([...batch, ...this.#takeAll()], failure)
      else this.#options.onBatch?.({ rows: batch.length, ofUsers: ofUsers(batch), durationMs: Date.now() - startedAt })
    }
    this.#working = undefined
  }

  #take(): Waiting[] {
    const { maxBatchRows = MAX_BATCH_ROWS, maxBatchBytes = MAX_BATCH_BYTES } = this.#options
    let bytes = 0
    let rows = 0
    for (const waiting of this.#queue) {
      if (rows > 0 && (rows >= maxBatchRows || bytes + waiting.bytes > maxBatchBytes)) break
      bytes += waiting.bytes
      rows += 1
    }
    this.#queuedBytes -= bytes
    return this.#queue.splice(0, rows)
  }

  #takeAll(): Waiting[] {
    const all = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    return all
  }

  /**
   * Retries one batch until its outcome is known or `deadline` (milliseconds since 1970) has passed, and returns the
   * error in that case. No later batch overtakes it. A COMMIT whose answer was lost is retried too: the stored client
   * ids then give the outcome.
   */
  async #store(batch: readonly Waiting[], deadline: number): Promise<AppError | undefined> {
    const events = batch.map(({ event }) => event)
    for (let attempt = 1; ; attempt += 1) {
      try {
        settle(batch, await this.#database.useReserved((connection) => storeBatch(connection, events)))
        return undefined
      } catch (error) {
        const then = verdict(error)
        if (then === 'poison') return this.#bisect(batch, error, deadline)
        this.#options.onTrouble?.({ message: messageOf(error), attempt })
        if (Date.now() >= deadline) return unavailable(messageOf(error))
        await sleep(pauseMs(then === 'retry' ? RETRY_STEP_MS : WAIT_STEP_MS, attempt))
      }
    }
  }

  /** Halves a batch until the event that the database refuses is alone. The others are stored, in order. */
  async #bisect(batch: readonly Waiting[], error: unknown, deadline: number): Promise<AppError | undefined> {
    if (batch.length === 1) {
      batch[0]?.reject(new AppError('refused', `the database refuses this message: ${messageOf(error)}`, 'body'))
      return undefined
    }
    const middle = Math.ceil(batch.length / 2)
    const failure = await this.#store(batch.slice(0, middle), deadline)
    return failure ?? this.#store(batch.slice(middle), deadline)
  }
}

function ofUsers(batch: readonly Waiting[]): number {
  return batch.filter(({ event }) => !isProbeName(event.sender)).length
}

function unavailable(reason: string): AppError {
  return new AppError('unavailable', `not acknowledged (${reason}): send it again with the same clientId`)
}

/** Events of a halved batch that were stored have been resolved already; rejecting them has no effect. */
function reject(batch: readonly Waiting[], error: AppError): void {
  for (const waiting of batch) waiting.reject(error)
}

function settle(batch: readonly Waiting[], outcomes: readonly Outcome[]): void {
  for (const [index, waiting] of batch.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined || outcome === 'no-room') {
      waiting.reject(new AppError('not_found', 'this room does not exist', 'room'))
    } else {
      waiting.resolve(outcome)
    }
  }
}

/** Half of it is random, so that two processes that collided do not collide again. */
function pauseMs(stepMs: number, attempt: number): number {
  return stepMs * Math.min(attempt, MAX_STEPS) * (0.5 + Math.random() / 2)
}

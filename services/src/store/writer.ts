import { AppError, messageOf } from '../support/errors.ts'
import { storeBatch, type NewEvent, type Outcome, type Position } from './batch.ts'
import type { Database } from './database.ts'
import { verdict } from './mysql-errors.ts'

export interface WriterOptions {
  /** Rooms are hashed to lanes; each has one batch in flight. */
  readonly lanes?: number
  readonly maxBatchRows?: number
  readonly maxBatchBytes?: number
  /** Events that may wait in one lane; beyond, they are refused. */
  readonly maxQueuedRows?: number
  readonly maxQueuedBytes?: number
  /** How long a batch is tried again while the database is away. */
  readonly patienceMs?: number
  readonly onBatch?: (batch: { rows: number; durationMs: number }) => void
  readonly onTrouble?: (trouble: { message: string; attempt: number }) => void
}

interface Waiting {
  readonly event: NewEvent
  readonly bytes: number
  readonly resolve: (position: Position) => void
  readonly reject: (error: AppError) => void
}

/**
 * The only writer of events. What queues in a lane while its batch is in flight is its next batch, so there is no timer, and an
 * idle room's message waits for nothing. Within a room, events are stored in the order of the calls.
 */
export class Writer {
  readonly #lanes: Lane[]

  constructor(database: Database, options: WriterOptions = {}) {
    this.#lanes = Array.from({ length: options.lanes ?? 4 }, () => new Lane(database, options))
  }

  /**
   * Resolves once the event is committed. Two calls are queued in the order in which they were made.
   * @throws AppError `not_found` without such a room, `refused` where the database refuses this very event, `unavailable` where
   * the outcome is not known: send it again with the same client id.
   */
  append(event: NewEvent): Promise<Position> {
    return (this.#lanes[event.room % this.#lanes.length] as Lane).append(event)
  }

  /** Resolves when nothing is queued or in flight. */
  async idle(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.idle()))
  }
}

const unavailable = (reason: string) =>
  new AppError('unavailable', `not acknowledged (${reason}): send it again with the same clientId`)

class Lane {
  readonly #database: Database
  readonly #options: WriterOptions
  #queue: Waiting[] = []
  #queuedBytes = 0
  #working: Promise<void> | undefined

  constructor(database: Database, options: WriterOptions) {
    this.#database = database
    this.#options = options
  }

  append(event: NewEvent): Promise<Position> {
    const bytes = Buffer.byteLength(event.body) + 200
    const { maxQueuedRows = 20_000, maxQueuedBytes = 32 * 1024 * 1024 } = this.#options
    if (this.#queue.length >= maxQueuedRows || this.#queuedBytes + bytes > maxQueuedBytes) {
      return Promise.reject(unavailable('too many messages wait for the database'))
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ event, bytes, resolve, reject })
      this.#queuedBytes += bytes
      this.#working ??= this.#work()
    })
  }

  async idle(): Promise<void> {
    while (this.#working) await this.#working
  }

  async #work(): Promise<void> {
    // What arrives in the same turn of the event loop travels together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) {
      const batch = this.#take()
      const startedAt = Date.now()
      const failure = await this.#store(batch, startedAt + (this.#options.patienceMs ?? 20_000))
      if (failure) this.#fail([...batch, ...this.#takeAll()], failure)
      else this.#options.onBatch?.({ rows: batch.length, durationMs: Date.now() - startedAt })
    }
    this.#working = undefined
  }

  #take(): Waiting[] {
    const { maxBatchRows = 1000, maxBatchBytes = 1024 * 1024 } = this.#options
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
   * Tries one batch until its outcome is known or `deadline` (ms since 1970) has passed; nothing overtakes it. A COMMIT whose
   * answer was lost is simply tried again: the client ids that exist tell what had been stored. Returns the error at the deadline.
   */
  async #store(batch: readonly Waiting[], deadline: number): Promise<AppError | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const events = batch.map(({ event }) => event)
        settle(batch, await this.#database.useReserved((connection) => storeBatch(connection, events)))
        return undefined
      } catch (error) {
        const then = verdict(error)
        if (then === 'poison') return this.#bisect(batch, error, deadline)
        this.#options.onTrouble?.({ message: messageOf(error), attempt })
        if (Date.now() >= deadline) return unavailable(messageOf(error))
        await pause(then === 'retry' ? 5 * Math.min(attempt, 10) : 50 * Math.min(attempt, 10))
      }
    }
  }

  /** Halves a batch until the poisoned event stands alone; the others are stored, in order. */
  async #bisect(batch: readonly Waiting[], error: unknown, deadline: number): Promise<AppError | undefined> {
    if (batch.length === 1) {
      batch[0]?.reject(new AppError('refused', `the database refuses this message: ${messageOf(error)}`, 'body'))
      return undefined
    }
    const middle = Math.ceil(batch.length / 2)
    const failure = await this.#store(batch.slice(0, middle), deadline)
    if (!failure) return this.#store(batch.slice(middle), deadline)
    return failure
  }

  #fail(batch: readonly Waiting[], error: AppError): void {
    // A promise that was settled stays as it is, so what was stored of a divided batch keeps its acknowledgement.
    for (const waiting of batch) waiting.reject(error)
  }
}

function settle(batch: readonly Waiting[], outcomes: readonly Outcome[]): void {
  for (const [index, waiting] of batch.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined || outcome === 'no-room') {
      waiting.reject(new AppError('not_found', 'this room does not exist (any more)', 'room'))
    } else {
      waiting.resolve(outcome)
    }
  }
}

/** Half fixed, half random, so that two processes that collided do not meet again. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms / 2 + (Math.random() * ms) / 2))
}

import type { Waiting } from './waiting.ts'

/** Bounds rows and bytes. What is counted here is counted in the budget that this one is a part of, too. */
export class Budget {
  readonly #maxRows: number
  readonly #maxBytes: number
  readonly #whole: Budget | undefined
  #rows = 0
  #bytes = 0

  constructor(maxRows: number, maxBytes: number, whole?: Budget) {
    this.#maxRows = maxRows
    this.#maxBytes = maxBytes
    this.#whole = whole
  }

  /** Counts one row. Returns false, and counts nothing, if it exceeds a bound. */
  take(bytes: number): boolean {
    if (this.#rows >= this.#maxRows || this.#bytes + bytes > this.#maxBytes) return false
    if (this.#whole?.take(bytes) === false) return false
    this.#rows += 1
    this.#bytes += bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#rows -= 1
    this.#bytes -= bytes
    this.#whole?.giveBack(bytes)
  }
}

/**
 * Events in the order in which they are to be stored. A batch stays in the queue until its outcome is known. If the
 * database refuses one of its rows, the following batches halve it until that row is alone.
 */
export class EventQueue {
  readonly #budget: Budget
  readonly #batch: { readonly maxRows: number; readonly maxBytes: number }
  #waiting: Waiting[] = []
  /** So many of the first events have one that the database refuses. */
  #suspects = 0

  constructor(budget: Budget, batch: { readonly maxRows: number; readonly maxBytes: number }) {
    this.#budget = budget
    this.#batch = batch
  }

  get length(): number {
    return this.#waiting.length
  }

  /** The event that waits for the longest time. */
  get first(): Waiting | undefined {
    return this.#waiting[0]
  }

  /** Returns false if the queue is full. */
  push(waiting: Waiting): boolean {
    if (!this.#budget.take(waiting.bytes)) return false
    this.#waiting.push(waiting)
    return true
  }

  /** The first events, as many as a batch may have, at least one. */
  batch(): readonly Waiting[] {
    const maxRows = this.#suspects > 0 ? Math.ceil(this.#suspects / 2) : this.#batch.maxRows
    let bytes = 0
    let rows = 0
    for (const waiting of this.#waiting) {
      if (rows > 0 && (rows >= maxRows || bytes + waiting.bytes > this.#batch.maxBytes)) break
      bytes += waiting.bytes
      rows += 1
    }
    return this.#waiting.slice(0, rows)
  }

  /** Removes the first events, without those of the rooms that were left out: they have been stored. */
  stored(rows: number, leftOut?: ReadonlySet<number>): void {
    const kept = leftOut?.size ? this.#waiting.slice(0, rows).filter(({ event }) => leftOut.has(event.room)) : []
    this.#suspects = Math.max(this.#suspects - rows + kept.length, 0)
    this.#remove(rows, kept)
  }

  /** The database refuses one of the first `rows` events. Returns it once it is alone, and removes it. */
  refused(rows: number): Waiting | undefined {
    this.#suspects = rows > 1 ? rows : 0
    return rows > 1 ? undefined : this.#remove(1)[0]
  }

  /** Removes and returns the events of some rooms. */
  removeRooms(rooms: ReadonlySet<number>): Waiting[] {
    const removed = this.#waiting.filter(({ event }) => rooms.has(event.room))
    this.#waiting = this.#waiting.filter(({ event }) => !rooms.has(event.room))
    for (const waiting of removed) this.#budget.giveBack(waiting.bytes)
    return removed
  }

  /** Removes and returns all events. */
  removeAll(): Waiting[] {
    this.#suspects = 0
    return this.#remove(this.#waiting.length)
  }

  /** Removes the first events. @param kept those of them that are put back */
  #remove(rows: number, kept: readonly Waiting[] = []): Waiting[] {
    const removed = this.#waiting.splice(0, rows, ...kept)
    const putBack = new Set(kept)
    for (const waiting of removed) if (!putBack.has(waiting)) this.#budget.giveBack(waiting.bytes)
    return removed
  }
}

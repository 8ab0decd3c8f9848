import type { EventHeader } from '../protocol/events.ts'

export interface EarlyEvent {
  readonly payload: Buffer
  readonly header: EventHeader | undefined
}

/** Events after a gap that are kept; the others are read from the database again. */
const MAX_PENDING = 1024

/** Events of a room that arrived before their turn. */
export class Pending {
  readonly #events = new Map<number, EarlyEvent>()
  #emptiedBefore = 0

  has(seq: number): boolean {
    return this.#events.has(seq)
  }

  /** Whether an event with this number must be read from the database, since a later one may have emptied its text. */
  isEmptied(seq: number): boolean {
    return seq < this.#emptiedBefore
  }

  add(seq: number, event: EarlyEvent): void {
    if (this.#events.size < MAX_PENDING) this.#events.set(seq, event)
    if (!event.header?.empties || seq <= this.#emptiedBefore) return
    this.#emptiedBefore = seq
    this.dropUpTo(seq - 1)
  }

  /** Removes and returns an event whose turn has come. */
  take(seq: number): EarlyEvent | undefined {
    const event = this.#events.get(seq)
    if (event) this.#events.delete(seq)
    return event
  }

  /** Drops events whose turn is over. */
  dropUpTo(seq: number): void {
    if (this.#events.size === 0) return
    for (const early of this.#events.keys()) if (early <= seq) this.#events.delete(early)
  }

  clear(): void {
    this.#events.clear()
  }
}

import type { EventIdentity } from '../protocol/events.ts'
import { areOtherEvents, differ, identityOf } from './identity.ts'
import { Ring, type RingOptions } from './ring.ts'
import type { RoomFrame } from './room-frame.ts'

/** What was delivered in a room: the number of the last event, its identity, and the newest frames. */
export class Delivered {
  readonly #ring: Ring
  #head: number
  /** Once it was asked for, or if the ring does not have the frame. */
  #newest: EventIdentity | undefined

  constructor(start: { lastSeq: number; last: EventIdentity | undefined }, ring: Omit<RingOptions, 'lastSeq'>) {
    this.#ring = new Ring({ ...ring, lastSeq: start.lastSeq })
    this.#head = start.lastSeq
    this.#newest = start.last
  }

  /** The number of the last event. */
  get head(): number {
    return this.#head
  }

  /** The last event; undefined if there is none, or it was purged. */
  get newest(): EventIdentity | undefined {
    const frame = this.#ring.at(this.#head)
    return (this.#newest ??= frame && identityOf(frame.payload))
  }

  /** The frames with seq > `after`, at most `limit`; undefined if they must be read from the database. */
  recent(after: number, limit: number): readonly RoomFrame[] | undefined {
    return this.#ring.after(after, limit)
  }

  push(frame: RoomFrame): void {
    const { seq } = frame
    this.#head = seq
    // What it empties may be among the frames. Whoever resumes reads the database.
    if (frame.header?.empties) this.#ring.clear()
    this.#ring.push(frame)
    this.#newest = this.#ring.at(seq) ? undefined : identityOf(frame.payload)
  }

  /** There are no events up to this number. */
  skipTo(seq: number): void {
    if (seq <= this.#head) return
    this.#head = seq
    this.#newest = undefined
  }

  /** Whether another event than this one is known to have been delivered with its number. */
  hasOther(seq: number, payload: Buffer): boolean {
    const known = this.#ring.at(seq)
    if (known) return areOtherEvents(known.payload, payload)
    return seq === this.#head && this.#newest !== undefined && differ(this.#newest, identityOf(payload))
  }

  /** Drops the frames. */
  clear(): void {
    this.#ring.clear()
  }
}

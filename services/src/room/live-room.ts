import { textFrame } from '../protocol/text-frame.ts'
import { eventFrame } from '../protocol/server-frames.ts'
import type { StoredEvent } from '../protocol/events.ts'
import type { RoomKey } from '../store/rooms.ts'
import { Ring, type RingBudget } from './ring.ts'

/** One connection's place in a room, after its replay. */
export interface Subscriber {
  /** `frame` is a whole WebSocket frame, the same bytes for everyone. */
  deliver(seq: number, frame: Buffer): void
  /** The room's epoch changed: what the client knows is worthless. */
  reset(): void
}

export interface LiveRoomOptions {
  readonly key: RoomKey
  /** Reads events with `after` < seq <= `upTo` from the database, oldest first, at most one page. */
  readonly read: (after: number, upTo: number) => Promise<StoredEvent[]>
  /** How far the room has come, by the database that is read from. */
  readonly lastSeq: () => Promise<number>
  readonly ringFrames: number
  readonly budget: RingBudget
  /** Called with the number of events that had to be read because nobody brought them. */
  readonly onHealed?: (events: number) => void
  readonly onReset?: () => void
  readonly onError?: (error: unknown) => void
}

/** How long a gap may be only a matter of order between two publishers. */
const gapWaitMs = 50
const maxRingBytes = 256 * 1024
/** Events ahead of a gap that are kept; more are read from the database again. */
const maxPending = 1024

/**
 * A room that this process serves. Events come from its own commits, from Redis and from the catch-up, in any order and more than
 * once; to its subscribers they go once each and in order. `head` is the last one that went out.
 */
export class LiveRoom {
  readonly key: RoomKey
  readonly #options: LiveRoomOptions
  readonly #subscribers = new Set<Subscriber>()
  readonly #pending = new Map<number, Buffer>()
  #epoch: number
  #head: number
  #target: number
  readonly #ring: Ring
  #timer: NodeJS.Timeout | undefined
  #filling = false
  #closed = false

  constructor(options: LiveRoomOptions, start: { epoch: number; lastSeq: number }) {
    this.key = options.key
    this.#options = options
    this.#epoch = start.epoch
    this.#head = start.lastSeq
    this.#target = start.lastSeq
    const { ringFrames: maxFrames, budget } = options
    this.#ring = new Ring({ maxFrames, maxBytes: maxRingBytes, lastSeq: start.lastSeq, budget })
  }

  get epoch(): number {
    return this.#epoch
  }

  get head(): number {
    return this.#head
  }

  get size(): number {
    return this.#subscribers.size
  }

  /** Ready frames with seq > `after`, or undefined where they must be read. */
  recent(after: number, limit: number): { frames: readonly Buffer[]; lastSeq: number } | undefined {
    return this.#ring.after(after, limit)
  }

  /** In a room that was closed while the client was replaying it is sent away at once. */
  add(subscriber: Subscriber): void {
    if (this.#closed) return subscriber.reset()
    this.#subscribers.add(subscriber)
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber)
  }

  /** An event that someone brought: the next one goes out, a known one is dropped, a later one waits for those before it. */
  receive(epoch: number, seq: number, payload: Buffer): void {
    if (this.#closed) return
    if (epoch !== this.#epoch) return this.#otherEpoch(epoch)
    if (seq <= this.#head) return
    if (seq === this.#head + 1) {
      this.#advance(seq, textFrame(payload))
      this.#flush()
      return
    }
    if (this.#pending.size < maxPending) this.#pending.set(seq, payload)
    this.#fillUpTo(seq)
  }

  /** The database says that the room has come this far. */
  expect(epoch: number, lastSeq: number): void {
    if (this.#closed) return
    if (epoch !== this.#epoch) return this.#otherEpoch(epoch)
    if (lastSeq > this.#head) this.#fillUpTo(lastSeq)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#target = this.#head
    this.#pending.clear()
    this.#ring.clear()
  }

  #fillUpTo(seq: number): void {
    this.#target = Math.max(this.#target, seq)
    if (this.#timer || this.#filling) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#fill()
    }, gapWaitMs)
  }

  /** Reads what is missing. After an error the next catch-up tries again. */
  async #fill(): Promise<void> {
    this.#filling = true
    try {
      while (this.#head < this.#target) {
        const upTo = this.#target
        const events = await this.#options.read(this.#head, upTo)
        if (events.length > 0) this.#take(events)
        // Asked after the read: a database that is behind has not got them yet, and the next catch-up asks it again.
        else if ((await this.#options.lastSeq()) >= upTo) this.#skipTo(upTo)
        else return
      }
    } catch (error) {
      this.#options.onError?.(error)
    } finally {
      this.#filling = false
    }
  }

  #take(events: readonly StoredEvent[]): void {
    if (this.#closed) return
    let healed = 0
    for (const event of events) {
      // Whatever arrived while the page was being read.
      if (event.seq <= this.#head) continue
      healed += this.#pending.has(event.seq) ? 0 : 1
      this.#advance(event.seq, textFrame(eventFrame(this.key.slug, this.#epoch, event)))
    }
    if (healed > 0) this.#options.onHealed?.(healed)
    this.#flush()
  }

  /** Nothing is stored up to there any more (it was purged): do not wait for it. */
  #skipTo(seq: number): void {
    if (this.#closed) return
    this.#head = Math.max(this.#head, seq)
    this.#flush()
  }

  #flush(): void {
    for (let payload = this.#next(); payload; payload = this.#next()) this.#advance(this.#head + 1, textFrame(payload))
    if (this.#pending.size === 0) return
    for (const seq of this.#pending.keys()) if (seq <= this.#head) this.#pending.delete(seq)
  }

  #next(): Buffer | undefined {
    const payload = this.#pending.get(this.#head + 1)
    if (payload) this.#pending.delete(this.#head + 1)
    return payload
  }

  #advance(seq: number, frame: Buffer): void {
    this.#head = seq
    this.#ring.push(seq, frame)
    for (const subscriber of this.#subscribers) subscriber.deliver(seq, frame)
  }

  /** A restore or another region: numbers of the old epoch mean nothing any more. A late message of an old epoch is dropped. */
  #otherEpoch(epoch: number): void {
    if (epoch < this.#epoch) return
    this.close()
    this.#options.onReset?.()
    for (const subscriber of this.#subscribers) subscriber.reset()
    this.#subscribers.clear()
  }
}

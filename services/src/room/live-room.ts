import { eventFrame } from '../protocol/server-frames.ts'
import { headerOf, type EventHeader, type StoredEvent } from '../protocol/events.ts'
import type { EventPage } from '../store/events.ts'
import type { RoomHead, RoomKey } from '../store/rooms.ts'
import { GAP_WAIT_MS, MAX_RING_BYTES } from '../support/limits.ts'
import { Delivered } from './delivered.ts'
import { differ } from './identity.ts'
import { memberChangeOf, type MemberChange } from './member-change.ts'
import { Pending } from './pending.ts'
import { RestoreWatch } from './restore-watch.ts'
import type { RingBudget } from './ring.ts'
import { RoomFrame } from './room-frame.ts'
import { Subscribers, type Subscriber } from './subscribers.ts'

export interface LiveRoomOptions {
  readonly key: RoomKey
  /** Reads events with `after` < seq <= `upTo` from the database, oldest first, at most one page. */
  readonly read: (after: number, upTo: number) => Promise<EventPage>
  readonly ringFrames: number
  readonly budget: RingBudget
  /** Called with the number of events that were read from the database because Redis did not deliver them. */
  readonly onHealed?: (events: number) => void
  /** Raises the room's epoch, unless it is no longer `epoch`, or the last event's number is not lower than `below`. */
  readonly raiseEpoch: (epoch: number, below: number) => Promise<boolean>
  /** Raises the room's epoch beyond `epoch`, if it is lower. */
  readonly raiseOlderEpoch: (epoch: number) => Promise<boolean>
  /** This process has raised the epoch, because the database has lost events that were delivered. */
  readonly onEpochRaised?: () => void
  /** An event has changed who is in the room, or what somebody is there. */
  readonly onMember?: (change: MemberChange) => void
  readonly onReset?: () => void
  readonly onError?: (error: unknown) => void
}

/**
 * A room that this process serves. Events arrive from its own commits, from Redis and from the database, in any order
 * and more than once. Its subscribers receive each of them once and in order.
 */
export class LiveRoom {
  readonly key: RoomKey
  /** Stands for the room in the frames of `chat.v2`; no other room that this process has opened has it. */
  readonly number = nextNumber()
  readonly #options: LiveRoomOptions
  readonly #subscribers = new Subscribers()
  readonly #pending = new Pending()
  readonly #epoch: number
  readonly #delivered: Delivered
  #target: number
  readonly #restores: RestoreWatch
  #timer: NodeJS.Timeout | undefined
  #filling = false
  #closed = false

  constructor(options: LiveRoomOptions, start: Omit<RoomHead, 'id'>) {
    this.key = options.key
    this.#options = options
    this.#epoch = start.epoch
    this.#target = start.lastSeq
    this.#restores = new RestoreWatch({
      find: (seq) => options.read(seq - 1, seq),
      raise: (below) => options.raiseEpoch(this.#epoch, below),
      raiseOlder: () => options.raiseOlderEpoch(this.#epoch),
      onRaised: () => {
        options.onEpochRaised?.()
        this.#reset()
      },
      onError: (error) => options.onError?.(error),
    })
    const { ringFrames: maxFrames, budget } = options
    this.#delivered = new Delivered(start, { maxFrames, maxBytes: MAX_RING_BYTES, budget })
  }

  get epoch(): number {
    return this.#epoch
  }

  /** The number of the last event that was delivered. */
  get head(): number {
    return this.#delivered.head
  }

  /** The number of subscribers that receive live events. */
  get size(): number {
    return this.#subscribers.size
  }

  /** The database was behind when it was last asked. */
  get isSuspicious(): boolean {
    return this.#restores.isSuspicious
  }

  /** The frames with seq > `after`, at most `limit`; undefined if they must be read from the database. */
  recent(after: number, limit: number): readonly RoomFrame[] | undefined {
    return this.#delivered.recent(after, limit)
  }

  /** Tells the subscriber from now on if its user is removed. */
  watch(subscriber: Subscriber): void {
    this.#subscribers.watch(subscriber)
  }

  /** Delivers to the subscriber from now on. In a room that was closed during its replay, the subscriber is reset. */
  add(subscriber: Subscriber): void {
    if (this.#closed) return subscriber.reset()
    this.#subscribers.add(subscriber)
  }

  /** The frames of an event that was read from the database. */
  frameOf(event: StoredEvent): RoomFrame {
    const payload = eventFrame(this.key.slug, this.#epoch, event)
    return new RoomFrame({ seq: event.seq, payload, header: headerOf(event) }, this.number)
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.remove(subscriber)
  }

  /**
   * Takes an event from a commit or from Redis: the next one is delivered, a known one dropped, a later one kept until
   * its turn.
   * @param header undefined for a message to everyone
   */
  receive(epoch: number, seq: number, payload: Buffer, header?: EventHeader): void {
    if (this.#closed) return
    // A late event of an old epoch is dropped. After a restore, or in another region, the numbers of this one are invalid.
    if (epoch < this.#epoch) return
    if (epoch > this.#epoch) return this.#reset()
    if (seq <= this.head) {
      if (this.#delivered.hasOther(seq, payload)) this.#restores.foundOther()
      return
    }
    const isEmptied = this.#pending.isEmptied(seq)
    if (seq === this.head + 1 && !isEmptied) {
      this.#advance(seq, payload, header)
      this.#flush()
      return
    }
    if (!isEmptied) this.#pending.add(seq, { payload, header })
    this.#fillUpTo(seq)
  }

  /**
   * The database has the room's events up to `lastSeq`; those that are missing here are read.
   * @param headBefore the head when the database was asked: its answer may be older than the present head
   */
  expect({ epoch, lastSeq, last }: Omit<RoomHead, 'id'>, headBefore: number): void {
    if (this.#closed) return
    const head = { seq: this.head, newest: this.#delivered.newest }
    if (epoch < this.#epoch) return this.#restores.olderEpoch(head)
    if (epoch > this.#epoch) return this.#reset()
    if (lastSeq === this.head && differ(this.#delivered.newest, last)) this.#restores.foundOther()
    this.#restores.round(lastSeq < headBefore, head)
    if (lastSeq > this.head) this.#fillUpTo(lastSeq)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#target = this.head
    this.#pending.clear()
    this.#delivered.clear()
  }

  #fillUpTo(seq: number): void {
    this.#target = Math.max(this.#target, seq)
    if (this.#timer || this.#filling) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#fill()
    }, GAP_WAIT_MS)
  }

  /** Reads what is missing. After an error the next round of the catch-up repeats it. */
  async #fill(): Promise<void> {
    this.#filling = true
    try {
      while (this.head < this.#target) {
        const upTo = this.#target
        const head = this.head
        const { newest } = this.#delivered
        // With the event at the head, to see that it is still the one that was delivered.
        const page = await this.#options.read(newest ? head - 1 : head, upTo)
        const [first] = page.events
        if (first?.seq === head && differ(newest, first)) return this.#restores.foundOther()
        const events = page.events.filter(({ seq }) => seq > head)
        if (events.length > 0) this.#take(events)
        // If this database is behind, the events are not there yet, and the next round reads them.
        else if (page.lastSeq >= upTo) this.#skipTo(upTo)
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
      // It arrived while the page was read.
      if (event.seq <= this.head) continue
      healed += this.#pending.has(event.seq) ? 0 : 1
      this.#advance(event.seq, eventFrame(this.key.slug, this.#epoch, event), headerOf(event))
    }
    if (healed > 0) this.#options.onHealed?.(healed)
    this.#flush()
  }

  /** The events up to `seq` were purged: do not wait for them. */
  #skipTo(seq: number): void {
    if (this.#closed) return
    this.#delivered.skipTo(seq)
    this.#flush()
  }

  #flush(): void {
    for (let next = this.#pending.take(this.head + 1); next; next = this.#pending.take(this.head + 1)) {
      this.#advance(this.head + 1, next.payload, next.header)
    }
    this.#pending.dropUpTo(this.head)
  }

  #advance(seq: number, payload: Buffer, header: EventHeader | undefined): void {
    const frame = new RoomFrame({ seq, payload, header }, this.number)
    this.#delivered.push(frame)
    if (header?.isOfMember) this.#onMember(seq, payload)
    this.#subscribers.deliver(frame)
  }

  #onMember(seq: number, payload: Buffer): void {
    const change = memberChangeOf(payload)
    if (!change) return
    this.#options.onMember?.(change)
    if (change.isGone) this.#subscribers.removed(change.user, seq)
  }

  #reset(): void {
    if (this.#closed) return
    this.close()
    this.#options.onReset?.()
    this.#subscribers.reset()
  }
}

let lastNumber = 0

function nextNumber(): number {
  lastNumber += 1
  return lastNumber
}

import type { Events } from '../store/events.ts'
import type { LiveRoom } from '../room/live-room.ts'
import type { RoomFrame } from '../room/room-frame.ts'
import type { Subscriber } from '../room/subscribers.ts'
import { visible, type Reader } from '../policy/visible.ts'
import type { JoinedFrame, RemovedFrame, SkippedFrame } from '../protocol/server-frames.ts'
import type { Cursor } from '../protocol/client-frames.ts'
import { notJoined } from '../store/rooms.ts'
import { AppError } from '../support/errors.ts'
import { MAX_PAGE_EVENTS, MAX_REPLAY_PAGE_BYTES } from '../support/limits.ts'

/** The part of a connection that a subscription uses. */
export interface Outlet {
  readonly isOpen: boolean
  /** More bytes wait for the client than live delivery allows. */
  readonly isSlow: boolean
  /** Resolves when few bytes wait for the client, or the connection is closed. */
  drained(): Promise<void>
  /** The lesser one of `bytes` and of what may be sent at a time now. */
  atMost(bytes: number): number
  /** Whether the client speaks `chat.v2`. */
  readonly isShort: boolean
  /** Sends the event in the form that the client reads. */
  sendEvent(event: RoomFrame): void
  send(frame: JoinedFrame | SkippedFrame | RemovedFrame | { type: 'resume_needed'; room: string }): void
}

/** Bounds how many pieces of work run at a time, such as reads from the database. */
type Limit = <T>(work: () => Promise<T>) => Promise<T>

export interface SubscriptionOptions {
  readonly room: LiveRoom
  /** The user's name. */
  readonly user: string
  /**
   * What the user may read. It is asked once the subscription hears of a removal, so that none is missed in between.
   * Rejects for a user who may read nothing.
   */
  readonly reader: () => Promise<Reader>
  readonly outlet: Outlet
  readonly events: Pick<Events, 'page'>
  readonly limit: Limit
  /** Runs the replays of the connection's rooms in turn, a page at a time. */
  readonly inTurn: Limit
  /** The number of the room's last event in the database. */
  readonly lastSeq: () => Promise<number>
  readonly onStopped: () => void
  /** The user is no longer a member. */
  readonly onRemoved: () => void
}

/**
 * One client in one room. It first receives the events that it missed and then, without a gap, live ones. Of events that
 * its user may not read it receives the numbers.
 */
export class Subscription implements Subscriber {
  readonly room: LiveRoom
  readonly user: string
  readonly #options: SubscriptionOptions
  readonly #outlet: Outlet
  #reader: Reader = NOBODY
  /** Every event up to this number was sent to the client, or is hidden from it. */
  #seq = 0
  /** The last of these numbers, if they are hidden and the client has not been told. */
  #hidden: { readonly from: number; upTo: number } | undefined
  #isJoined = false
  #isLive = false
  #isRemoved = false
  #stopped = false

  constructor(options: SubscriptionOptions) {
    this.room = options.room
    this.user = options.user
    this.#options = options
    this.#outlet = options.outlet
    this.room.watch(this)
  }

  /**
   * Answers the join, then replays in the background. Without `after` it starts at the room's head.
   *
   * @param answer fields to add to the `joined` frame
   * @throws AppError `forbidden` if the user was removed in the meantime; what `reader` throws; the driver's error
   */
  async start(after: Cursor | undefined, answer: { requestId?: string } = {}): Promise<void> {
    const { room } = this
    this.#reader = await this.#options.reader()
    const known = after?.epoch === room.epoch && (await this.#exists(after.seq)) ? after : undefined
    const hiddenUpTo = this.#reader.fromSeq - 1
    this.#seq = Math.max(known?.seq ?? room.head, hiddenUpTo)
    const first = this.#seq < room.head ? await this.#page() : undefined
    if (this.#isRemoved) throw notJoined(room.key.slug)
    if (this.#stopped) return
    const truncatedAt = first && first.from > this.#seq + 1 ? first.from : undefined
    this.#outlet.send({
      type: 'joined',
      room: room.key.slug,
      ...(this.#outlet.isShort && { r: room.number }),
      epoch: room.epoch,
      seq: Math.max(this.#seq, room.head),
      ...(truncatedAt !== undefined && { truncatedAt }),
      ...(after && !known && { reset: true }),
      ...answer,
    })
    this.#isJoined = true
    if (known && known.seq < hiddenUpTo) this.#hide(known.seq + 1, hiddenUpTo)
    if (first) this.#sendPage(first)
    void this.#replay()
  }

  deliver(frame: RoomFrame): void {
    if (this.#stopped || frame.seq <= this.#seq) return
    if (this.#outlet.isSlow) return this.#giveUp()
    this.#pass(frame)
  }

  removed(seq: number): void {
    if (this.#stopped) return
    this.#isRemoved = true
    this.stop()
    const { key, epoch } = this.room
    if (this.#isJoined) this.#outlet.send({ type: 'removed', room: key.slug, epoch, seq })
    this.#options.onRemoved()
  }

  reset(): void {
    this.#giveUp()
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.room.remove(this)
    this.#options.onStopped()
  }

  /** Ends live delivery: the client has to join again from its position. */
  #giveUp(): void {
    if (this.#stopped) return
    this.stop()
    this.#outlet.send({ type: 'resume_needed', room: this.room.key.slug })
  }

  /** A client's position may be ahead of this process, which another process can overtake, but not ahead of the database. */
  async #exists(seq: number): Promise<boolean> {
    return seq <= this.room.head || seq <= (await this.#options.lastSeq())
  }

  async #replay(): Promise<void> {
    try {
      while (!this.#stopped && this.#seq < this.room.head) {
        await this.#options.inTurn(() => this.#replayPage())
      }
      // There is no await between the last comparison and this line, so no event can arrive in between.
      if (this.#stopped) return
      this.#tellHidden()
      this.#isLive = true
      this.room.add(this)
    } catch {
      this.#giveUp()
    }
  }

  async #replayPage(): Promise<void> {
    if (this.#stopped) return
    await this.#outlet.drained()
    if (!this.#outlet.isOpen) return this.stop()
    this.#sendPage(await this.#page())
  }

  /** The next page: from the room's memory if it has the frames, else from the database. */
  async #page(): Promise<Page> {
    const recent = this.room.recent(this.#seq, MAX_PAGE_EVENTS)
    const maxBytes = this.#outlet.atMost(MAX_REPLAY_PAGE_BYTES)
    if (recent && recent.length > 0) {
      const frames = fitting(recent, maxBytes)
      return { from: this.#seq + 1, upTo: this.#seq + frames.length, frames }
    }
    const upTo = this.room.head
    const read = () => this.#options.events.page(this.room.key.id, this.#seq, upTo)
    const { lastSeq, events } = await this.#options.limit(read)
    const [first] = events
    if (!first) {
      // Events are missing for good only if the database has come so far; otherwise it is behind.
      if (lastSeq < upTo) throw new AppError('unavailable', 'the database is behind', 'room')
      return { from: upTo + 1, upTo, frames: [] }
    }
    const frames = fitting(
      events.map((event) => this.room.frameOf(event)),
      maxBytes,
    )
    return { from: first.seq, upTo: events[frames.length - 1]?.seq ?? upTo, frames }
  }

  #sendPage({ upTo, frames }: Page): void {
    if (this.#stopped) return
    for (const frame of frames) this.#pass(frame)
    this.#seq = upTo
  }

  /** Sends an event, or notes its number. One without a header is for everyone, and what is before `fromSeq` is behind. */
  #pass(frame: RoomFrame): void {
    const { seq, header } = frame
    if (header !== undefined && !visible({ seq, ...header }, this.#reader)) return this.#hide(seq, seq)
    if (this.#hidden !== undefined) this.#tellHidden()
    this.#seq = seq
    this.#outlet.sendEvent(frame)
  }

  /** Neighbouring numbers go out as one range: before the next event that the user may read, or with the turn. */
  #hide(from: number, upTo: number): void {
    this.#seq = upTo
    if (this.#hidden) {
      this.#hidden.upTo = upTo
      return
    }
    this.#hidden = { from, upTo }
    if (this.#isLive) setImmediate(() => this.#tellHidden())
  }

  #tellHidden(): void {
    if (!this.#hidden || this.#stopped) return
    const { from, upTo } = this.#hidden
    this.#hidden = undefined
    const { key, epoch } = this.room
    this.#outlet.send({ type: 'skipped', room: key.slug, epoch, from, seq: upTo })
  }
}

/** Until the subscription starts. */
const NOBODY: Reader = { userId: 0, isStaff: false, fromSeq: Number.MAX_SAFE_INTEGER }

interface Page {
  readonly from: number
  /** The page is complete up to this number. */
  readonly upTo: number
  readonly frames: readonly RoomFrame[]
}

/** The first frames that fit together, at least one. */
function fitting(frames: readonly RoomFrame[], maxBytes: number): readonly RoomFrame[] {
  let bytes = 0
  const end = frames.findIndex(({ long }, index) => (bytes += long.length) > maxBytes && index > 0)
  return end < 0 ? frames : frames.slice(0, end)
}

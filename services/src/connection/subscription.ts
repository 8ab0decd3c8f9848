import type { Events } from '../store/events.ts'
import type { LiveRoom, Subscriber } from '../room/live-room.ts'
import { eventFrame, type JoinedFrame } from '../protocol/server-frames.ts'
import type { Cursor } from '../protocol/client-frames.ts'
import { AppError } from '../support/errors.ts'
import { MAX_PAGE_EVENTS, MAX_REPLAY_PAGE_BYTES } from '../support/limits.ts'
import { textFrame } from '../protocol/text-frame.ts'

/** The part of a connection that a subscription uses. */
export interface Outlet {
  readonly isOpen: boolean
  /** More bytes wait for the client than live delivery allows. */
  readonly isSlow: boolean
  /** Resolves when few bytes wait for the client, or the connection is closed. */
  drained(): Promise<void>
  /** The lesser one of `bytes` and of what may be sent at a time now. */
  atMost(bytes: number): number
  /** Sends a whole WebSocket frame. */
  sendFrame(frame: Buffer): void
  send(frame: JoinedFrame | { type: 'resume_needed'; room: string }): void
}

/** Bounds how many pieces of work run at a time, such as reads from the database. */
type Limit = <T>(work: () => Promise<T>) => Promise<T>

/** One client in one room. It first receives the events that it missed and then, without a gap, live ones. */
export class Subscription implements Subscriber {
  readonly room: LiveRoom
  readonly #outlet: Outlet
  readonly #events: Events
  readonly #limit: Limit
  readonly #inTurn: Limit
  readonly #lastSeq: () => Promise<number>
  readonly #onStopped: () => void
  /** Every event up to this number was sent to the client. */
  #seq = 0
  #stopped = false

  constructor(options: {
    room: LiveRoom
    outlet: Outlet
    events: Events
    limit: Limit
    /** Runs the replays of the connection's rooms in turn, a page at a time. */
    inTurn: Limit
    /** The number of the room's last event in the database. */
    lastSeq: () => Promise<number>
    onStopped: () => void
  }) {
    this.room = options.room
    this.#outlet = options.outlet
    this.#events = options.events
    this.#limit = options.limit
    this.#inTurn = options.inTurn
    this.#lastSeq = options.lastSeq
    this.#onStopped = options.onStopped
  }

  /**
   * Answers the join, then replays in the background. Without `after` it starts at the room's head.
   *
   * @param answer fields to add to the `joined` frame
   * @throws the driver's error
   */
  async start(after: Cursor | undefined, answer: { requestId?: string } = {}): Promise<void> {
    const { room } = this
    const known = after?.epoch === room.epoch && (await this.#exists(after.seq)) ? after : undefined
    this.#seq = known?.seq ?? room.head
    const first = this.#seq < room.head ? await this.#page() : undefined
    if (this.#stopped) return
    const truncatedAt = first && first.from > this.#seq + 1 ? first.from : undefined
    this.#outlet.send({
      type: 'joined',
      room: room.key.slug,
      epoch: room.epoch,
      seq: Math.max(this.#seq, room.head),
      ...(truncatedAt !== undefined && { truncatedAt }),
      ...(after && !known && { reset: true }),
      ...answer,
    })
    if (first) this.#sendPage(first)
    void this.#replay()
  }

  deliver(seq: number, frame: Buffer): void {
    if (this.#stopped || seq <= this.#seq) return
    if (this.#outlet.isSlow) return this.#giveUp()
    this.#seq = seq
    this.#outlet.sendFrame(frame)
  }

  reset(): void {
    this.#giveUp()
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.room.remove(this)
    this.#onStopped()
  }

  /** Ends live delivery: the client has to join again from its position. */
  #giveUp(): void {
    if (this.#stopped) return
    this.stop()
    this.#outlet.send({ type: 'resume_needed', room: this.room.key.slug })
  }

  /** A client's position may be ahead of this process, which another process can overtake, but not ahead of the database. */
  async #exists(seq: number): Promise<boolean> {
    return seq <= this.room.head || seq <= (await this.#lastSeq())
  }

  async #replay(): Promise<void> {
    try {
      while (!this.#stopped && this.#seq < this.room.head) {
        await this.#inTurn(() => this.#replayPage())
      }
      // There is no await between the last comparison and this line, so no event can arrive in between.
      if (!this.#stopped) this.room.add(this)
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
    if (recent && recent.frames.length > 0) {
      const frames = fitting(recent.frames, maxBytes)
      return { from: this.#seq + 1, upTo: this.#seq + frames.length, frames }
    }
    const upTo = this.room.head
    const { lastSeq, events } = await this.#limit(() => this.#events.page(this.room.key.id, this.#seq, upTo))
    const [first] = events
    if (!first) {
      // Events are missing for good only if the database has come so far; otherwise it is behind.
      if (lastSeq < upTo) throw new AppError('unavailable', 'the database is behind', 'room')
      return { from: upTo + 1, upTo, frames: [] }
    }
    const all = events.map((event) => textFrame(eventFrame(this.room.key.slug, this.room.epoch, event)))
    const frames = fitting(all, maxBytes)
    return { from: first.seq, upTo: events[frames.length - 1]?.seq ?? upTo, frames }
  }

  #sendPage({ upTo, frames }: Page): void {
    if (this.#stopped) return
    for (const frame of frames) this.#outlet.sendFrame(frame)
    this.#seq = upTo
  }
}

interface Page {
  readonly from: number
  /** The page is complete up to this number. */
  readonly upTo: number
  readonly frames: readonly Buffer[]
}

/** The first frames that fit together, at least one. */
function fitting(frames: readonly Buffer[], maxBytes: number): readonly Buffer[] {
  let bytes = 0
  const end = frames.findIndex((frame, index) => (bytes += frame.length) > maxBytes && index > 0)
  return end < 0 ? frames : frames.slice(0, end)
}

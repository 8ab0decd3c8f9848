import { maxPage, type Events } from '../store/events.ts'
import type { LiveRoom, Subscriber } from '../room/live-room.ts'
import { eventFrame, type JoinedFrame } from '../protocol/server-frames.ts'
import type { Cursor } from '../protocol/client-frames.ts'
import { AppError } from '../support/errors.ts'
import { textFrame } from '../protocol/text-frame.ts'

/** What a subscription needs of its connection. */
export interface Outlet {
  readonly isOpen: boolean
  /** More waits for the client than a live reader may have. */
  readonly isSlow: boolean
  /** Resolves when what waits for the client has gone down, or the connection is closed. */
  drained(): Promise<void>
  sendFrame(frame: Buffer): void
  send(frame: JoinedFrame | { type: 'resume_needed'; room: string }): void
}

/** A subscription's events are read from the database by at most so many at a time, over all connections. */
type Limit = <T>(work: () => Promise<T>) => Promise<T>

const maxPageBytes = 256 * 1024

/** One client in one room: first what it missed, then, exactly where that ends, what is live. */
export class Subscription implements Subscriber {
  readonly room: LiveRoom
  readonly #outlet: Outlet
  readonly #events: Events
  readonly #limit: Limit
  readonly #lastSeq: () => Promise<number>
  readonly #onStopped: () => void
  /** The client has been sent everything up to here. */
  #seq = 0
  #stopped = false

  constructor(options: {
    room: LiveRoom
    outlet: Outlet
    events: Events
    limit: Limit
    /** How far the room has come, by the database. */
    lastSeq: () => Promise<number>
    onStopped: () => void
  }) {
    this.room = options.room
    this.#outlet = options.outlet
    this.#events = options.events
    this.#limit = options.limit
    this.#lastSeq = options.lastSeq
    this.#onStopped = options.onStopped
  }

  /** Answers the join, then replays in the background. Without `after` it starts at the room's head. */
  async start(after: Cursor | undefined): Promise<void> {
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

  /** The client has to join again from its own position, once it has read what waits for it. */
  #giveUp(): void {
    if (this.#stopped) return
    this.stop()
    this.#outlet.send({ type: 'resume_needed', room: this.room.key.slug })
  }

  /** A client may be ahead of this process, which hears of events later than another; but not ahead of the database. */
  async #exists(seq: number): Promise<boolean> {
    return seq <= this.room.head || seq <= (await this.#lastSeq())
  }

  async #replay(): Promise<void> {
    try {
      while (!this.#stopped && this.#seq < this.room.head) {
        await this.#outlet.drained()
        if (!this.#outlet.isOpen) return this.stop()
        this.#sendPage(await this.#page())
      }
      // No await between the comparison and this line: nothing can come in between.
      if (!this.#stopped) this.room.add(this)
    } catch {
      this.#giveUp()
    }
  }

  /** The next page: ready frames where the room still has them, else from the database. */
  async #page(): Promise<Page> {
    const recent = this.room.recent(this.#seq, maxPage)
    if (recent && recent.frames.length > 0) {
      const frames = fitting(recent.frames)
      return { from: this.#seq + 1, upTo: this.#seq + frames.length, frames }
    }
    const upTo = this.room.head
    const events = await this.#limit(() => this.#events.after(this.room.key.id, this.#seq, maxPage, upTo))
    const [first] = events
    if (!first) {
      // Asked after the read: nothing is left only where the database has come so far; one that is behind may get it yet.
      if ((await this.#lastSeq()) < upTo) throw new AppError('unavailable', 'the database is behind', 'room')
      return { from: upTo + 1, upTo, frames: [] }
    }
    const all = events.map((event) => textFrame(eventFrame(this.room.key.slug, this.room.epoch, event)))
    const frames = fitting(all)
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
  /** Nothing is left between the last frame and this. */
  readonly upTo: number
  readonly frames: readonly Buffer[]
}

/** As many frames from the beginning, at least one, as may be written to one client before it is looked at again. */
function fitting(frames: readonly Buffer[]): readonly Buffer[] {
  let bytes = 0
  const end = frames.findIndex((frame, index) => (bytes += frame.length) > maxPageBytes && index > 0)
  return end < 0 ? frames : frames.slice(0, end)
}

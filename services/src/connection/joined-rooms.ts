import type { Hub } from '../room/hub.ts'
import type { LiveRoom } from '../room/live-room.ts'
import type { Events } from '../store/events.ts'
import type { JoinRequest } from '../operations/call.ts'
import { readerOf, type Reader } from '../policy/visible.ts'
import type { Session } from '../session/tokens.ts'
import { notJoined, type RoomKey, type Rooms } from '../store/rooms.ts'
import { AppError } from '../support/errors.ts'
import { MAX_ROOMS_PER_CONNECTION, QUERY_PATIENCE_MS } from '../support/limits.ts'
import { Semaphore } from '../support/semaphore.ts'
import { Subscription, type Outlet } from './subscription.ts'

export interface JoinedRoomsServices {
  readonly hub: Hub
  readonly rooms: Rooms
  readonly events: Events
  /** Bounds how many replays and histories are read at a time. */
  readonly reads: Semaphore
}

/** The rooms that one connection has joined, by name. */
export class JoinedRooms {
  readonly #outlet: Outlet
  readonly #services: JoinedRoomsServices
  /** Many replays that find the client ready would send it a page each. */
  #replays: Semaphore | undefined
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #onRemoved: (slug: string) => void

  /** @param onRemoved called when the user is no longer a member of a room that the connection has joined */
  constructor(outlet: Outlet, services: JoinedRoomsServices, onRemoved: (slug: string) => void) {
    this.#onRemoved = onRemoved
    this.#outlet = outlet
    this.#services = services
  }

  /**
   * Answers with a `joined` frame, and replays the events after the client's position.
   *
   * @param answer fields to add to the `joined` frame
   * @throws AppError `bad_request` beyond the number of rooms; what `admit` throws; the driver's error
   */
  async join(slug: string, { after, session, admit }: JoinRequest, answer: { requestId?: string }): Promise<void> {
    const { rooms, hub, events } = this.#services
    if (this.#subscriptions.size >= MAX_ROOMS_PER_CONNECTION && !this.#subscriptions.has(slug)) {
      const message = `at most ${MAX_ROOMS_PER_CONNECTION} rooms on one connection: leave one first`
      throw new AppError('bad_request', message, 'room')
    }
    const { key, enrol } = await admit()
    if (!this.#outlet.isOpen) return
    const room = await hub.enter(key)
    this.#subscriptions.get(slug)?.stop()
    const forget = () => this.#subscriptions.get(slug) === subscription && this.#subscriptions.delete(slug)
    const subscription: Subscription = new Subscription({
      room,
      user: session.user,
      reader: async () => readerOf(session, await enrol()),
      outlet: this.#outlet,
      events,
      limit: (work) => this.read(work),
      inTurn: (work) => {
        this.#replays ??= new Semaphore(1, 2 * MAX_ROOMS_PER_CONNECTION)
        return this.#replays.run(work)
      },
      lastSeq: async () => (await rooms.head(key)).lastSeq,
      onStopped: () => {
        hub.leave(room)
        // While the client catches up it may go on sending into the room, so the entry stays until the next join.
        if (!this.#outlet.isOpen) forget()
      },
      onRemoved: () => {
        if (forget()) this.#onRemoved(slug)
      },
    })
    this.#subscriptions.set(slug, subscription)
    if (!this.#outlet.isOpen) return subscription.stop()
    try {
      await subscription.start(after, answer)
    } catch (error) {
      subscription.stop()
      forget()
      throw error
    }
  }

  /** What the user may read now. @throws AppError `forbidden` for one who is no member; the driver's error */
  async reader(room: RoomKey, session: Session): Promise<Reader> {
    const member = await this.#services.rooms.memberships.of(room, session.user)
    if (!member) throw notJoined(room.slug)
    return readerOf(session, member)
  }

  /**
   * Reads a page in its turn.
   * @throws AppError `unavailable` if the turn does not come in time, or the connection is closed by then
   */
  read<T>(work: () => Promise<T>): Promise<T> {
    const isWanted = () => this.#outlet.isOpen
    return this.#services.reads.run(work, { isWanted, patienceMs: QUERY_PATIENCE_MS })
  }

  /** The room, if the connection has joined it. */
  find(slug: string): LiveRoom | undefined {
    return this.#subscriptions.get(slug)?.room
  }

  /** @throws AppError `forbidden` if the connection has not joined the room */
  room(slug: string): LiveRoom {
    const room = this.find(slug)
    if (!room) throw notJoined(slug)
    return room
  }

  leave(slug: string): void {
    this.#subscriptions.get(slug)?.stop()
    this.#subscriptions.delete(slug)
  }

  leaveAll(): void {
    for (const subscription of this.#subscriptions.values()) subscription.stop()
    this.#subscriptions.clear()
  }
}

import type { ClientFrame } from '../protocol/client-frames.ts'
import type { Hub } from '../room/hub.ts'
import type { LiveRoom } from '../room/live-room.ts'
import type { Events } from '../store/events.ts'
import { notJoined, type Rooms } from '../store/rooms.ts'
import { AppError } from '../support/errors.ts'
import { MAX_ROOMS_PER_CONNECTION } from '../support/limits.ts'
import type { Semaphore } from '../support/semaphore.ts'
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
  readonly #subscriptions = new Map<string, Subscription>()

  constructor(outlet: Outlet, services: JoinedRoomsServices) {
    this.#outlet = outlet
    this.#services = services
  }

  /**
   * Makes the user a member, answers with a `joined` frame, and replays the events after the client's position.
   * @throws AppError `bad_request` beyond the number of rooms, `not_found`; the driver's error
   */
  async join({ room: slug, after, requestId }: Extract<ClientFrame, { type: 'join' }>, user: string): Promise<void> {
    const { rooms, hub, events, reads } = this.#services
    if (this.#subscriptions.size >= MAX_ROOMS_PER_CONNECTION && !this.#subscriptions.has(slug)) {
      const message = `at most ${MAX_ROOMS_PER_CONNECTION} rooms on one connection: leave one first`
      throw new AppError('bad_request', message, 'room')
    }
    const key = await rooms.key(slug)
    await rooms.enrol(key, user)
    const room = await hub.enter(key)
    this.#subscriptions.get(slug)?.stop()
    const subscription: Subscription = new Subscription({
      room,
      outlet: this.#outlet,
      events,
      limit: (work) => reads.run(work),
      lastSeq: async () => (await rooms.head(key)).lastSeq,
      onStopped: () => {
        hub.leave(room)
        // While the client catches up it may go on sending into the room, so the entry stays until the next join.
        if (!this.#outlet.isOpen) this.#subscriptions.delete(slug)
      },
    })
    this.#subscriptions.set(slug, subscription)
    if (!this.#outlet.isOpen) return subscription.stop()
    await subscription.start(after, requestId === undefined ? {} : { requestId })
  }

  /** @throws AppError `forbidden` if the connection has not joined the room */
  room(slug: string): LiveRoom {
    const subscription = this.#subscriptions.get(slug)
    if (!subscription) throw notJoined(slug)
    return subscription.room
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

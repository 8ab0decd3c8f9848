import type { RoomFrame } from './room-frame.ts'

/** A connection that receives the live events of a room. */
export interface Subscriber {
  /** The user's name. */
  readonly user: string
  /** The same frame is given to everyone. */
  deliver(frame: RoomFrame): void
  /** The user is no longer a member, since the event `seq`. */
  removed(seq: number): void
  /** The room was closed or its epoch changed: the client has to join again. */
  reset(): void
}

/** The subscribers of a room: those that receive live events, and those that still receive what they missed. */
export class Subscribers {
  readonly #live = new Set<Subscriber>()
  readonly #replaying = new Set<Subscriber>()

  /** The number of those that receive live events. */
  get size(): number {
    return this.#live.size
  }

  /** Tells the subscriber from now on if its user is removed. */
  watch(subscriber: Subscriber): void {
    this.#replaying.add(subscriber)
  }

  add(subscriber: Subscriber): void {
    this.#replaying.delete(subscriber)
    this.#live.add(subscriber)
  }

  remove(subscriber: Subscriber): void {
    this.#replaying.delete(subscriber)
    this.#live.delete(subscriber)
  }

  deliver(frame: RoomFrame): void {
    for (const subscriber of this.#live) subscriber.deliver(frame)
  }

  /** Whoever is removed hears neither the event that says so nor a later one. */
  removed(user: string, seq: number): void {
    for (const subscriber of [...this.#replaying, ...this.#live]) if (subscriber.user === user) subscriber.removed(seq)
  }

  /** Those that replay find the room closed. */
  reset(): void {
    for (const subscriber of this.#live) subscriber.reset()
    this.#live.clear()
  }
}

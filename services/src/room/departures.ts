import { randomUUID } from 'node:crypto'
import { SYSTEM } from '../kinds/kinds.ts'
import type { AccountWork, ShutUser } from '../store/account-work.ts'
import type { RoomKey } from '../store/rooms.ts'
import { AppError } from '../support/errors.ts'
import type { Messages } from './messages.ts'

export interface DeparturesOptions {
  readonly work: Pick<AccountWork, 'joined' | 'written' | 'sent'>
  readonly messages: Pick<Messages, 'append'>
}

const PAGE_ROOMS = 100
/** Events that are looked at, and at most recalled, at a time. */
const PAGE_EVENTS = 200
/** Messages that are recalled by one `of`: other users wait for it. */
const MOST_MESSAGES = 1000
/** Users whose messages are recalled from where it stopped; those of others from the beginning. */
const MOST_PLACES = 1000

/** How far the messages of a user have been recalled. */
interface Place {
  readonly room: number
  /** Of the last event in the room that was looked at. */
  readonly clientId: string
  /** The user can send nothing any more, and could not when it began. */
  readonly isLast: boolean
}

/** Takes users who were deleted out of their rooms, by events of the system, and recalls their messages if they are to be. */
export class Departures {
  readonly #options: DeparturesOptions
  readonly #places = new Map<number, Place>()

  constructor(options: DeparturesOptions) {
    this.#options = options
  }

  /** @returns whether nothing is left @throws the driver's error */
  async of(user: ShutUser): Promise<boolean> {
    await this.#leave(user)
    return !user.recallsMessages || this.#recall(user)
  }

  async #leave(user: ShutUser): Promise<void> {
    for (let after = 0; ;) {
      const rooms = await this.#options.work.joined(user, after, PAGE_ROOMS)
      const data = { user: user.name, change: 'removed' }
      for (const room of rooms) await this.#append(room, { kind: 'member', data })
      const last = rooms.at(-1)
      if (last === undefined || rooms.length < PAGE_ROOMS) return
      after = last.id
    }
  }

  /** Goes on where it stopped. Once the user can send nothing any more it begins anew, for what was sent meanwhile. */
  async #recall(user: ShutUser): Promise<boolean> {
    const former = this.#places.get(user.id)
    const isLast = user.isSettled
    let place = former?.isLast === isLast ? former : { room: 0, clientId: '', isLast }
    let recalled = 0
    for await (const room of this.#options.work.written(user, place.room)) {
      if (room.id !== place.room) place = { room: room.id, clientId: '', isLast }
      for (let isMore = true; isMore;) {
        const events = await this.#options.work.sent(user, room.id, place.clientId, PAGE_EVENTS)
        const targets = events.flatMap(({ seq, hasText }) => (hasText ? [seq] : []))
        await Promise.all(targets.map((target) => this.#append(room, { kind: 'recall', target })))
        recalled += targets.length
        place = { ...place, clientId: events.at(-1)?.clientId ?? place.clientId }
        this.#keep(user, place)
        if (recalled >= MOST_MESSAGES) return false
        isMore = events.length === PAGE_EVENTS
      }
    }
    if (isLast) this.#places.delete(user.id)
    return true
  }

  /** Another process may end the work of a user: the oldest places are forgotten. */
  #keep({ id }: ShutUser, place: Place): void {
    this.#places.delete(id)
    this.#places.set(id, place)
    const [oldest] = this.#places.keys()
    if (oldest !== undefined && this.#places.size > MOST_PLACES) this.#places.delete(oldest)
  }

  /** What is refused was done by another process, or keeps an owner whom nobody can succeed. */
  async #append(
    room: RoomKey,
    event: { kind: string; data?: Record<string, unknown>; target?: number },
  ): Promise<void> {
    try {
      await this.#options.messages.append(room, { ...SYSTEM, ...event, clientId: randomUUID(), body: '' })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'refused') throw error
    }
  }
}

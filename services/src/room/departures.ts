import { randomUUID } from 'node:crypto'
import { SYSTEM } from '../kinds/kinds.ts'
import type { AccountWork, ShutUser } from '../store/account-work.ts'
import type { RoomKey } from '../store/rooms.ts'
import { AppError } from '../support/errors.ts'
import type { Messages } from './messages.ts'

export interface DeparturesOptions {
  readonly work: Pick<AccountWork, 'joined' | 'written' | 'messages'>
  readonly messages: Pick<Messages, 'append'>
}

const PAGE_ROOMS = 100
/** Messages that are recalled at a time, and in all by one `of`: other users wait for it. */
const PAGE_MESSAGES = 100
const MOST_MESSAGES = 1000

/** Takes users who were deleted out of their rooms, by events of the system, and recalls their messages if they are to be. */
export class Departures {
  readonly #options: DeparturesOptions

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

  async #recall(user: ShutUser): Promise<boolean> {
    const { work } = this.#options
    let recalled = 0
    for await (const room of work.written(user)) {
      for (let seqs = await work.messages(user, room.id, PAGE_MESSAGES); seqs.length > 0;) {
        await Promise.all(seqs.map((target) => this.#append(room, { kind: 'recall', target })))
        recalled += seqs.length
        if (recalled >= MOST_MESSAGES) return false
        seqs = await work.messages(user, room.id, PAGE_MESSAGES)
      }
    }
    return true
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

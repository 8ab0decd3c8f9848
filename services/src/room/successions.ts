import { randomUUID } from 'node:crypto'
import { SYSTEM } from '../kinds/kinds.ts'
import type { AccountWork, Inheritance, ShutUser } from '../store/account-work.ts'
import type { Features } from '../store/features.ts'
import { regardless } from '../support/caller.ts'
import { AppError } from '../support/errors.ts'
import type { Departures } from './departures.ts'
import type { Messages } from './messages.ts'

export interface SuccessionsOptions {
  readonly work: AccountWork
  readonly messages: Pick<Messages, 'append'>
  readonly features: Pick<Features, 'isOn'>
  /** Of users who were deleted. */
  readonly departures: Pick<Departures, 'of'>
  /** Told why a room keeps its owner; it is tried again by the next `run`. */
  readonly onError: (error: unknown) => void
}

const PAGE_USERS = 100
const PAGE_ROOMS = 100
/** A member may leave, or be banned, before the event is stored. */
const ATTEMPTS = 5

/** Gives the rooms of users who were banned or deleted another owner, and lets those who were deleted leave theirs. */
export class Successions {
  readonly #options: SuccessionsOptions
  #running: Promise<void> | undefined
  #isAskedAgain = false

  constructor(options: SuccessionsOptions) {
    this.#options = options
  }

  /** Does what is to be done now, also for other callers. Never rejects. */
  run(): Promise<void> {
    this.#isAskedAgain = this.#running !== undefined
    return (this.#running ??= regardless(() => this.#all()).finally(() => (this.#running = undefined)))
  }

  async #all(): Promise<void> {
    do {
      this.#isAskedAgain = false
      await this.#waiting().catch(this.#options.onError)
    } while (this.#isAskedAgain)
  }

  async #waiting(): Promise<void> {
    const { work, features } = this.#options
    // Without the rules of the kinds the event would be stored and change nobody.
    if (!features.isOn) return
    for (let after = 0; ;) {
      const users = await work.waiting(after, PAGE_USERS)
      for (const user of users) if ((await this.#isDone(user)) && user.isSettled) await work.done(user)
      const last = users.at(-1)
      if (last === undefined || users.length < PAGE_USERS) return
      after = last.id
    }
  }

  /** A room has another owner before the former one leaves it. */
  async #isDone(user: ShutUser): Promise<boolean> {
    if (!(await this.#ofUser(user))) return false
    if (!user.isDeleted) return true
    const { departures, onError } = this.#options
    return departures.of(user).catch((error: unknown) => {
      onError(error)
      return false
    })
  }

  /** @returns whether no room of the user needs another owner any more */
  async #ofUser(user: ShutUser): Promise<boolean> {
    let isDone = true
    for (let after = 0; ;) {
      const rooms = await this.#options.work.owned(user, after, PAGE_ROOMS)
      for (const room of rooms) isDone = (await this.#inherit(user, room)) && isDone
      const last = rooms.at(-1)
      if (last === undefined || rooms.length < PAGE_ROOMS) return isDone
      after = last.id
    }
  }

  async #inherit(user: ShutUser, { id, slug, channel, heir }: Inheritance): Promise<boolean> {
    const { work, messages, onError } = this.#options
    try {
      for (let attempt = 1; heir !== undefined && attempt <= ATTEMPTS; attempt += 1) {
        const data = { user: heir, change: 'role', role: 'owner', succeeds: user.name }
        try {
          await messages.append(
            { id, slug, channel },
            { ...SYSTEM, kind: 'member', clientId: randomUUID(), body: '', data },
          )
          return true
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'refused') throw error
        }
        // The user may act again, or somebody else has become the owner; or the heir has left.
        const [again] = await work.owned(user, id - 1, 1)
        heir = again?.id === id ? again.heir : undefined
      }
      return heir === undefined
    } catch (error) {
      onError(error)
      return false
    }
  }
}

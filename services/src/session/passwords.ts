import { compare, hash } from 'bcrypt'
import { callerWaits } from '../support/caller.ts'
import { AppError } from '../support/errors.ts'
import { MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARACTERS } from '../support/limits.ts'
import { Semaphore } from '../support/semaphore.ts'

/** The number of libuv's threads. */
const MAX_CONCURRENT_HASHES = 4
/** Hashes that wait; a client would not wait for more. */
const MAX_WAITING_HASHES = 64

/** Hashes and compares passwords on libuv's threads, off the event loop. */
export class Passwords {
  readonly #cost: number
  readonly #slots = new Semaphore(MAX_CONCURRENT_HASHES, MAX_WAITING_HASHES)
  #decoy: Promise<string> | undefined

  /** @param cost of bcrypt: each step doubles the time of a hash */
  constructor(cost: number) {
    this.#cost = cost
  }

  /** @throws AppError `bad_request` for a password that bcrypt would cut, `unavailable` if too many hashes wait */
  async hash(password: string): Promise<string> {
    checkPassword(password)
    return this.#slots.run(() => hash(password, this.#cost), { isWanted: callerWaits() })
  }

  /** It takes as long for a user who does not exist (`stored` is undefined), so that the time does not reveal who does. */
  async matches(password: string, stored: string | undefined): Promise<boolean> {
    this.#decoy ??= hash('decoy', this.#cost)
    const expected = stored ?? (await this.#decoy)
    const matches = await this.#slots.run(() => compare(password, expected), { isWanted: callerWaits() })
    return matches && stored !== undefined
  }
}

function checkPassword(password: string): void {
  const wrong = (message: string) => new AppError('bad_request', message, 'password')
  if (password.length < MIN_PASSWORD_CHARACTERS) throw wrong(`must have at least ${MIN_PASSWORD_CHARACTERS} characters`)
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
    throw wrong(`must have at most ${MAX_PASSWORD_BYTES} bytes in UTF-8`)
  if (password.includes('\0')) throw wrong('must not have a NUL character: bcrypt would stop there')
  if (!password.isWellFormed()) throw wrong('is not valid Unicode')
}

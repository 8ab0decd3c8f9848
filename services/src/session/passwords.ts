import { compare, hash } from 'bcrypt'
import { AppError } from '../support/errors.ts'
import { Semaphore } from '../support/semaphore.ts'

/** bcrypt reads 72 bytes and stops; a longer password would be silently cut. */
const maxPasswordBytes = 72
const minPasswordCharacters = 8

/** libuv has 4 threads; hashes that wait longer than a client would are refused at once. */
const concurrent = 4
const maxWaiting = 64

/** Hashing runs on libuv's threads, off the event loop. */
export class Passwords {
  readonly #cost: number
  readonly #slots = new Semaphore(concurrent, maxWaiting)
  #decoy: Promise<string> | undefined

  constructor(cost: number) {
    this.#cost = cost
  }

  /** @throws AppError `bad_request` for a password that bcrypt would not keep whole. */
  async hash(password: string): Promise<string> {
    checkPassword(password)
    return this.#slots.run(() => hash(password, this.#cost))
  }

  /** Takes as long for a user who does not exist, so that time does not tell who does. */
  async matches(password: string, stored: string | undefined): Promise<boolean> {
    this.#decoy ??= hash('decoy', this.#cost)
    const expected = stored ?? (await this.#decoy)
    const matches = await this.#slots.run(() => compare(password, expected))
    return matches && stored !== undefined
  }
}

function checkPassword(password: string): void {
  const wrong = (message: string) => new AppError('bad_request', message, 'password')
  if (password.length < minPasswordCharacters) throw wrong(`must have at least ${minPasswordCharacters} characters`)
  if (Buffer.byteLength(password) > maxPasswordBytes)
    throw wrong(`must have at most ${maxPasswordBytes} bytes in UTF-8`)
  if (password.includes('\0')) throw wrong('must not hold a NUL character: bcrypt would stop there')
  if (!password.isWellFormed()) throw wrong('is not valid Unicode')
}

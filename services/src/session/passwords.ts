import { createHash } from 'node:crypto'
import { compare, getRounds, hash } from 'bcrypt'
import { MAX_WAITING_HASHES, MAX_WAITING_HASHES_OF_ADDRESS, PASSWORD_PATIENCE_MS } from '../support/limits.ts'
import { FairQueue } from '../support/fair-queue.ts'
import { callerWaits } from '../support/caller.ts'
import { checkNewPassword } from './password-rules.ts'

/** The number of libuv's threads. */
const MAX_CONCURRENT_HASHES = 4
/** bcrypt ignores what follows. */
const BCRYPT_BYTES = 72
/** Begins the hash of a password that was too long for bcrypt: that of its SHA-384 in Base64, 64 characters. */
const HASHED_FIRST = 'sha384:'

/** What a log-in has shown. */
export interface Check {
  readonly isRight: boolean
  /** The password is right, and its hash should be made again: it has a lower cost, or is of another form of the same text. */
  readonly isOutdated: boolean
}

/**
 * Hashes and compares passwords on libuv's threads, off the event loop. The same text in another form of Unicode is the same
 * password. Clients with different addresses take turns.
 */
export class Passwords {
  readonly #cost: number
  readonly #queue = new FairQueue({
    limit: MAX_CONCURRENT_HASHES,
    maxWaiting: MAX_WAITING_HASHES,
    maxWaitingOfKey: MAX_WAITING_HASHES_OF_ADDRESS,
    patienceMs: PASSWORD_PATIENCE_MS,
  })
  #decoy: Promise<string> | undefined

  /** @param cost of bcrypt: each step doubles the time of a hash */
  constructor(cost: number) {
    this.#cost = cost
  }

  /**
   * Returns the hash of a new password of a user.
   *
   * @param address of the client
   * @param field of the request that has the password @default password
   * @throws AppError `bad_request` for a password that breaks a rule; as `FairQueue.run` does
   */
  async hash(password: string, user: string, address: string, field?: string): Promise<string> {
    await checkNewPassword(password, user, field)
    return this.rehash(password, address)
  }

  /** Returns the hash of a password that its user has already. @throws AppError as `FairQueue.run` does */
  async rehash(password: string, address: string): Promise<string> {
    const text = password.normalize('NFC')
    return this.#run(address, async () =>
      isLong(text) ? HASHED_FIRST + (await hash(shortened(text), this.#cost)) : hash(text, this.#cost),
    )
  }

  /**
   * Compares a password with a stored hash. It takes as long for a user who does not exist (`stored` is undefined), so that
   * the time does not reveal who does.
   *
   * @param address of the client
   * @throws AppError as `FairQueue.run` does
   */
  async check(password: string, stored: string | undefined, address: string): Promise<Check> {
    this.#decoy ??= hash('decoy', this.#cost)
    const expected = stored ?? (await this.#decoy)
    const text = password.normalize('NFC')
    const isRight = await this.#run(address, () => matches(text, expected))
    // Former releases hashed a password in the form in which it was sent.
    const isFormer = text !== password && !isRight && (await this.#run(address, () => matches(password, expected)))
    if (stored === undefined || (!isRight && !isFormer)) {
      await this.#spend(costOf(expected), address)
      return { isRight: false, isOutdated: false }
    }
    return { isRight: true, isOutdated: isFormer || costOf(stored) < this.#cost }
  }

  /** What a wrong password took less than one at the present cost, so that the time reveals no hash of a lower cost. */
  async #spend(from: number, address: string): Promise<void> {
    if (from >= this.#cost) return
    await this.#run(address, async () => {
      for (let cost = from; cost < this.#cost; cost += 1) await hash('decoy', cost)
    })
  }

  /** Work for a client that has hung up is dropped when its turn comes. */
  #run<T>(address: string, work: () => Promise<T>): Promise<T> {
    return this.#queue.run(address, work, callerWaits())
  }
}

/** A password that is too long for the hash is wrong, and takes as long. */
async function matches(text: string, stored: string): Promise<boolean> {
  if (stored.startsWith(HASHED_FIRST)) return compare(shortened(text), stored.slice(HASHED_FIRST.length))
  // bcrypt stops at a NUL too.
  return (await compare(text, stored)) && !isLong(text) && !text.includes('\0')
}

function costOf(stored: string): number {
  return getRounds(stored.startsWith(HASHED_FIRST) ? stored.slice(HASHED_FIRST.length) : stored)
}

const isLong = (text: string) => Buffer.byteLength(text) > BCRYPT_BYTES

const shortened = (text: string) => createHash('sha384').update(text).digest('base64')

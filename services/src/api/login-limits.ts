import { AppError } from '../support/errors.ts'
import type { KnownAddresses } from './known-addresses.ts'
import type { RateLimit } from './rate-limit.ts'

/** The limits of log-ins. Attempts of existing and of unknown names count alike, so that a refusal reveals nothing. */
export class LoginLimits {
  readonly #attempts: RateLimit
  readonly #ofAddress: RateLimit
  readonly #ofUser: RateLimit
  readonly #known: Pick<KnownAddresses, 'has' | 'add'>

  constructor(options: {
    /** Of one name and address. */
    attempts: RateLimit
    /** Failed ones of one address. */
    ofAddress: RateLimit
    /** Failed ones of one name, from addresses that it has not used before. */
    ofUser: RateLimit
    known: Pick<KnownAddresses, 'has' | 'add'>
  }) {
    this.#attempts = options.attempts
    this.#ofAddress = options.ofAddress
    this.#ofUser = options.ofUser
    this.#known = options.known
  }

  /** Counts an attempt as failed until `succeeded`. @throws AppError `rate_limited` */
  async begin(user: string, address: string): Promise<void> {
    await this.#attempts.take(`${user}\0${address}`)
    await this.#ofAddress.take(address)
    try {
      await this.#ofUser.take(user)
    } catch (error) {
      // Whoever guesses the password of a user must not lock the user out.
      if (!(error instanceof AppError) || !(await this.#known.has(user, address))) throw error
    }
  }

  async succeeded(user: string, address: string): Promise<void> {
    await Promise.all([this.#ofAddress.giveBack(address), this.#ofUser.giveBack(user), this.#known.add(user, address)])
  }
}

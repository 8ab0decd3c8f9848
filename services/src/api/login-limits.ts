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
    /** Failed ones of one name. */
    ofUser: RateLimit
    known: Pick<KnownAddresses, 'has' | 'add'>
  }) {
    this.#attempts = options.attempts
    this.#ofAddress = options.ofAddress
    this.#ofUser = options.ofUser
    this.#known = options.known
  }

  /**
   * Counts an attempt as failed until `succeeded` or `unjudged`. Where the user has logged in before, only the attempts of
   * this name and address are limited: whoever guesses passwords, maybe behind the same proxy, must not lock out others.
   *
   * @throws AppError `rate_limited`
   */
  async begin(user: string, address: string): Promise<void> {
    await this.#attempts.take(`${user}\0${address}`)
    const taken = await Promise.allSettled([this.#ofAddress.take(address), this.#ofUser.take(user)])
    const refused = taken.find((result) => result.status === 'rejected')
    if (refused === undefined) return
    if (refused.reason instanceof AppError && (await this.#known.has(user, address))) return
    // Nothing is compared, so the attempt must not use up the limit that did not refuse it.
    await this.unjudged(user, address)
    throw refused.reason
  }

  async succeeded(user: string, address: string): Promise<void> {
    await Promise.all([this.unjudged(user, address), this.#known.add(user, address)])
  }

  /** The attempt was not compared with a password, so it is no failed one. */
  async unjudged(user: string, address: string): Promise<void> {
    await Promise.all([this.#ofAddress.giveBack(address), this.#ofUser.giveBack(user)])
  }
}

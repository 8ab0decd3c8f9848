import { isDatabaseError } from '../store/mysql-errors.ts'
import type { Credentials, Users } from '../store/users.ts'
import { AppError } from '../support/errors.ts'
import type { Passwords } from '../session/passwords.ts'
import type { SecurityLog } from '../support/security-log.ts'
import { limitedAddress } from './limited-address.ts'
import type { RateLimits } from './rate-limits.ts'

export interface PasswordCheckServices {
  readonly users: Users
  readonly passwords: Passwords
  readonly limits: Pick<RateLimits, 'logins'>
  readonly security: SecurityLog
}

export interface Attempt {
  readonly name: string
  readonly password: string
  /** Of the client. */
  readonly ip: string
  /** The field of the request that has the password. */
  readonly field: 'password' | 'oldPassword'
}

/** Compares passwords, within the limits of log-ins. */
export class PasswordChecks {
  readonly #services: PasswordCheckServices

  constructor(services: PasswordCheckServices) {
    this.#services = services
  }

  /** @throws AppError `unauthorized` for a wrong name or password, `rate_limited`, `unavailable` */
  async check({ name, password, ip, field }: Attempt): Promise<Credentials> {
    const { limits, security } = this.#services
    const address = limitedAddress(ip)
    await limits.logins.begin(name, address)
    const { stored, isRight, isOutdated } = await this.#judge(name, password, address)
    if (!isRight || stored === undefined) {
      security.record('login_failed', { user: name, address: ip, reason: 'wrong name or password' })
      throw new AppError('unauthorized', 'the name or the password is wrong', field)
    }
    await limits.logins.succeeded(name, address)
    if (!isOutdated) return stored
    return { ...stored, passwordHash: await this.#renew(name, password, stored.passwordHash, address) }
  }

  /** An attempt that cannot be judged is no failed one. */
  async #judge(name: string, password: string, address: string) {
    const { users, passwords, limits } = this.#services
    try {
      const stored = await users.credentials(name)
      return { stored, ...(await passwords.check(password, stored?.passwordHash, address)) }
    } catch (error) {
      await limits.logins.unjudged(name, address)
      throw error
    }
  }

  /** The password is right whether or not its hash can be made again; the next log-in tries that again. */
  async #renew(name: string, password: string, former: string, address: string): Promise<string> {
    const { users, passwords } = this.#services
    try {
      const hash = await passwords.rehash(password, address)
      await users.replacePasswordHash(name, former, hash)
      return hash
    } catch (error) {
      if (!(error instanceof AppError) && !isDatabaseError(error)) throw error
      return former
    }
  }
}

import type { FastifyInstance } from 'fastify'
import { isDatabaseError } from '../store/mysql-errors.ts'
import { regardless } from '../support/caller.ts'
import { AppError } from '../support/errors.ts'
import type { Passwords } from '../session/passwords.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Tokens } from '../session/tokens.ts'
import type { Users } from '../store/users.ts'
import type { SecurityLog } from '../support/security-log.ts'
import { limitedAddress } from './limited-address.ts'
import type { RateLimits } from './rate-limits.ts'
import { credentials, newUser, parse } from './requests.ts'
import { authenticate } from './authenticate.ts'

export interface UserServices {
  readonly users: Users
  readonly passwords: Passwords
  readonly tokens: Tokens
  readonly sessions: Sessions
  readonly limits: RateLimits
  readonly security: SecurityLog
}

/** The routes to register, log in and log out. */
export function userRoutes(app: FastifyInstance, services: UserServices): void {
  const { users, passwords, tokens, sessions, limits, security } = services

  app.post('/api/users/register', async (request, reply) => {
    const { name, password } = parse(newUser, request.body)
    const address = limitedAddress(request.ip)
    await limits.registrations.take(address)
    await users.add(name, await passwords.hash(password, name, address))
    security.record('registered', { user: name, address: request.ip })
    const { token, session } = await tokens.sign(name)
    return reply.status(201).send({ name, token, expiresAt: new Date(session.expiresAt).toISOString() })
  })

  /** Compares the password. An attempt that cannot be judged is no failed one. */
  const judged = async (name: string, password: string, address: string) => {
    try {
      const stored = await users.passwordHash(name)
      return { stored, ...(await passwords.check(password, stored, address)) }
    } catch (error) {
      await limits.logins.unjudged(name, address)
      throw error
    }
  }

  /** The password is right whether or not its hash can be made again; the next log-in tries that again. */
  const renew = async (name: string, password: string, former: string, address: string) => {
    try {
      await users.replacePasswordHash(name, former, await passwords.rehash(password, address))
    } catch (error) {
      if (!(error instanceof AppError) && !isDatabaseError(error)) throw error
    }
  }

  app.post('/api/users/login', async (request) => {
    const { name, password } = parse(credentials, request.body)
    const address = limitedAddress(request.ip)
    await limits.logins.begin(name, address)
    const { stored, isRight, isOutdated } = await judged(name, password, address)
    if (!isRight || stored === undefined) {
      security.record('login_failed', { user: name, address: request.ip, reason: 'wrong name or password' })
      throw new AppError('unauthorized', 'the name or the password is wrong', 'password')
    }
    security.record('logged_in', { user: name, address: request.ip })
    await limits.logins.succeeded(name, address)
    if (isOutdated) await renew(name, password, stored, address)
    const { token, session } = await tokens.sign(name)
    return { name, token, expiresAt: new Date(session.expiresAt).toISOString() }
  })

  app.post('/api/users/logout', async (request, reply) => {
    // A page that is closed while it logs out does not wait for the answer.
    await regardless(async () => {
      const session = await authenticate(request, sessions)
      await sessions.revoke(session)
      security.record('logged_out', { user: session.user, address: request.ip })
    })
    return reply.status(204).send()
  })
}

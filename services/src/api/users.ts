import type { FastifyInstance } from 'fastify'
import type { Logins } from '../session/logins.ts'
import type { Passwords } from '../session/passwords.ts'
import type { Sessions } from '../session/sessions.ts'
import { NEVER_MS, type Users } from '../store/users.ts'
import { regardless } from '../support/caller.ts'
import { AppError } from '../support/errors.ts'
import type { SecurityLog } from '../support/security-log.ts'
import { authenticate } from './authenticate.ts'
import { limitedAddress } from './limited-address.ts'
import type { PasswordChecks } from './password-checks.ts'
import type { RateLimits } from './rate-limits.ts'
import { admission, type Registration } from './registration.ts'
import { cookieRefresh, credentials, newUser, parse, refresh } from './requests.ts'
import { clearCookie, inCookie, ofCookie } from './session-cookie.ts'

export interface UserServices {
  readonly users: Users
  readonly passwords: Passwords
  readonly checks: PasswordChecks
  readonly logins: Logins
  readonly sessions: Sessions
  readonly limits: RateLimits
  readonly security: SecurityLog
  readonly registration: Registration
  /** How long a session lasts. */
  readonly sessionMs: number
}

/** The routes to register, log in, refresh a token and log out. */
export function userRoutes(app: FastifyInstance, services: UserServices): void {
  const { users, passwords, checks, logins, sessions, limits, security, registration, sessionMs } = services

  app.post('/api/users/register', async (request, reply) => {
    const { name, password, device, cookie, invitation } = parse(newUser, request.body)
    const address = limitedAddress(request.ip)
    await limits.registrations.take(address)
    const admit = admission(registration, invitation)
    const id = await users.add(name, await passwords.hash(password, name, address), admit)
    security.record('registered', { user: name, address: request.ip })
    const granted = await logins.open({ id, name, generation: 0 }, { device, address: request.ip })
    return reply.status(201).send(cookie ? inCookie(reply, granted, { ...cookie, sessionMs }) : granted)
  })

  app.post('/api/users/login', async (request, reply) => {
    const { name, password, device, cookie } = parse(credentials, request.body)
    const user = await checks.check({ name, password, ip: request.ip, field: 'password' })
    // Only who knows the password learns of the ban.
    if (user.bannedUntil !== undefined) throw banned(user.bannedUntil)
    const granted = await logins.open({ ...user, name }, { device, address: request.ip })
    security.record('logged_in', { user: name, address: request.ip })
    return cookie ? inCookie(reply, granted, { ...cookie, sessionMs }) : granted
  })

  app.post('/api/users/refresh', async (request, reply) => {
    const isCookie = cookieRefresh.safeParse(request.body).success
    const { refreshToken, deviceKey } = isCookie ? ofCookie(request) : parse(refresh, request.body)
    await limits.refreshes.take(limitedAddress(request.ip))
    const from = { deviceKey, address: request.ip }
    // The token is used up, so the work is done even if the client goes; it may repeat the request.
    const granted = await regardless(() =>
      logins.refresh(refreshToken, from, (user) => security.record('refresh_reused', { user, address: request.ip })),
    )
    return isCookie && deviceKey !== undefined ? inCookie(reply, granted, { key: deviceKey, sessionMs }) : granted
  })

  app.post('/api/users/logout', async (request, reply) => {
    clearCookie(reply)
    // A page that is closed while it logs out does not wait for the answer.
    await regardless(async () => {
      const session = await authenticate(request, sessions)
      await logins.close(session)
      security.record('logged_out', { user: session.user, address: request.ip })
    })
    return reply.status(204).send()
  })
}

function banned(untilMs: number): AppError {
  const until = untilMs === NEVER_MS ? '' : ` until ${new Date(untilMs).toISOString()}`
  return new AppError('forbidden', `the account is banned${until}`, 'name')
}

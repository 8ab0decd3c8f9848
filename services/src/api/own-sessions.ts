import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logins } from '../session/logins.ts'
import type { Passwords } from '../session/passwords.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Accounts } from '../store/accounts.ts'
import type { DeviceSessions } from '../store/device-sessions.ts'
import { AppError } from '../support/errors.ts'
import type { SecurityLog } from '../support/security-log.ts'
import { authenticate } from './authenticate.ts'
import { limitedAddress } from './limited-address.ts'
import type { PasswordChecks } from './password-checks.ts'
import type { RateLimits } from './rate-limits.ts'
import { newPassword, parse, sessionPath } from './requests.ts'

export interface OwnSessionServices {
  readonly accounts: Accounts
  readonly devices: DeviceSessions
  readonly passwords: Passwords
  readonly checks: PasswordChecks
  readonly logins: Logins
  readonly sessions: Sessions
  readonly limits: RateLimits
  readonly security: SecurityLog
}

/** The routes by which users see and end their sessions, and change their password. */
export function ownSessionRoutes(app: FastifyInstance, services: OwnSessionServices): void {
  const { accounts, devices, passwords, checks, logins, sessions, limits, security } = services

  const enter = async (request: FastifyRequest) => {
    const session = await authenticate(request, sessions)
    await limits.requests.take(session.user)
    return session
  }

  app.get('/api/users/me/sessions', async (request) => {
    const { userId, sessionId } = await enter(request)
    const listed = await devices.list(userId)
    return {
      sessions: listed.map(({ createdAt, refreshedAt, expiresAt, ...session }) => ({
        ...session,
        createdAt: new Date(createdAt).toISOString(),
        refreshedAt: new Date(refreshedAt).toISOString(),
        expiresAt: new Date(expiresAt).toISOString(),
        isThis: session.id === sessionId,
      })),
    }
  })

  app.delete('/api/users/me/sessions/:id', async (request, reply) => {
    const { user, userId } = await enter(request)
    const { id } = parse(sessionPath, request.params)
    if (!(await logins.end(id, userId))) throw new AppError('not_found', 'there is no such session', 'id')
    security.record('session_ended', { user, address: request.ip })
    return reply.status(204).send()
  })

  app.post('/api/users/me/password', async (request) => {
    const session = await enter(request)
    const { user: name, userId: id, sessionId } = session
    const { oldPassword, newPassword: password } = parse(newPassword, request.body)
    const { passwordHash } = await checks.check({ name, password: oldPassword, ip: request.ip, field: 'oldPassword' })
    const hash = await passwords.hash(password, name, limitedAddress(request.ip), 'newPassword')
    const generation = await accounts.changePassword({ id, name, session: sessionId }, passwordHash, hash)
    if (generation === undefined)
      throw new AppError('conflict', 'the password was changed meanwhile: log in with the new one', 'oldPassword')
    sessions.changed()
    security.record('password_changed', { user: name, address: request.ip })
    // A token of release 0.1.0 has no session that could go on.
    if (sessionId === undefined)
      return logins.open({ id, name, generation }, { device: undefined, address: request.ip })
    return logins.reissue({ ...session, sessionId }, generation)
  })
}

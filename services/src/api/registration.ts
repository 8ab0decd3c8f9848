import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { PoolConnection } from 'mysql2/promise'
import type { Sessions } from '../session/sessions.ts'
import { useInvitation, type RegistrationInvitations } from '../store/registration-invitations.ts'
import { AppError } from '../support/errors.ts'
import type { SecurityLog } from '../support/security-log.ts'
import { authenticate } from './authenticate.ts'
import type { RateLimits } from './rate-limits.ts'
import { idPath, newInvitation, page, parse } from './requests.ts'

/** Who may register. */
export type Registration = 'open' | 'invitation' | 'off'

const HOUR_MS = 3_600_000

/**
 * What admits a new user, in the transaction that makes one; undefined if nothing needs to.
 *
 * @param invitation the code that the user has
 * @throws AppError `forbidden`
 */
export function admission(
  registration: Registration,
  invitation: string | undefined,
): ((connection: PoolConnection) => Promise<void>) | undefined {
  if (registration === 'open') return undefined
  if (registration === 'off') throw new AppError('forbidden', 'nobody can register here: ask an administrator', 'name')
  if (invitation === undefined)
    throw new AppError('forbidden', 'an invitation is needed to register: ask for one', 'invitation')
  return (connection) => useInvitation(connection, invitation)
}

export interface InvitationServices {
  readonly registration: Registration
  readonly registrationInvitations: RegistrationInvitations
  readonly sessions: Sessions
  readonly limits: Pick<RateLimits, 'requests'>
  readonly security: SecurityLog
}

/** The routes by which staff and administrators invite people to register. */
export function invitationRoutes(app: FastifyInstance, services: InvitationServices): void {
  const { registration, registrationInvitations: invitations, sessions, limits, security } = services

  const enter = async (request: FastifyRequest) => {
    const session = await authenticate(request, sessions)
    await limits.requests.take(session.user)
    if (session.role === 'user')
      throw new AppError('forbidden', 'only the staff and administrators invite people to register')
    return session
  }

  app.post('/api/users/invitations', async (request, reply) => {
    const { userId, user } = await enter(request)
    const { uses, hours } = parse(newInvitation, request.body)
    if (registration === 'off')
      throw new AppError('refused', 'nobody can register here: set users.registration to "invitation" first')
    const { id, code } = await invitations.add(userId, { uses, lengthMs: hours * HOUR_MS })
    security.record('invited', { user, address: request.ip })
    return reply.status(201).send({ id, code, uses, hours })
  })

  app.get('/api/users/invitations', async (request) => {
    await enter(request)
    const { cursor, limit } = parse(page, request.query)
    return invitations.page(cursor, limit)
  })

  app.delete('/api/users/invitations/:id', async (request, reply) => {
    await enter(request)
    const { id } = parse(idPath, request.params)
    if (!(await invitations.end(id))) throw new AppError('not_found', `there is no invitation ${id}`, 'id')
    return reply.status(204).send()
  })
}

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Sessions } from '../session/sessions.ts'
import type { Accounts } from '../store/accounts.ts'
import { AppError } from '../support/errors.ts'
import type { SecurityLog } from '../support/security-log.ts'
import { authenticate } from './authenticate.ts'
import type { RateLimits } from './rate-limits.ts'
import { ban, parse, unban, userPath } from './requests.ts'

export interface AdminServices {
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly limits: RateLimits
  readonly security: SecurityLog
}

/** The routes of administrators. */
export function adminRoutes(app: FastifyInstance, { accounts, sessions, limits, security }: AdminServices): void {
  const enter = async (request: FastifyRequest) => {
    const session = await authenticate(request, sessions)
    await limits.requests.take(session.user)
    if (session.role !== 'admin') throw new AppError('forbidden', 'only an administrator may do this')
    return session
  }

  app.post('/api/admin/users/:name/ban', async (request, reply) => {
    const { user: by, role } = await enter(request)
    const { name } = parse(userPath, request.params)
    const { until, reason } = parse(ban, request.body)
    if (until !== undefined && until <= sessions.now()) throw new AppError('bad_request', 'must not be over', 'until')
    check(await accounts.ban(name, until, role), name)
    sessions.changed()
    const end = until === undefined ? {} : { until: new Date(until).toISOString() }
    security.record('banned', { user: name, address: request.ip, by, reason, ...end })
    return reply.status(204).send()
  })

  app.post('/api/admin/users/:name/unban', async (request, reply) => {
    const { user: by, role } = await enter(request)
    const { name } = parse(userPath, request.params)
    const { reason } = parse(unban, request.body)
    check(await accounts.unban(name, role), name)
    security.record('unbanned', { user: name, address: request.ip, by, reason })
    return reply.status(204).send()
  })
}

function check(verdict: 'done' | 'absent' | 'outranked', name: string): void {
  if (verdict === 'absent') throw new AppError('not_found', `there is no user "${name}"`, 'name')
  if (verdict === 'outranked')
    throw new AppError('forbidden', `the role of "${name}" is as high as yours or higher`, 'name')
}

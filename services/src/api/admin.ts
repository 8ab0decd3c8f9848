import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Successions } from '../room/successions.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Accounts } from '../store/accounts.ts'
import type { AuditLog } from '../store/audit.ts'
import { AppError } from '../support/errors.ts'
import type { SecurityLog } from '../support/security-log.ts'
import { enterAsAdmin } from './enter-as-admin.ts'
import type { RateLimits } from './rate-limits.ts'
import { ban, because, newRole, page, parse, userPath } from './requests.ts'

export interface AdminServices {
  readonly accounts: Accounts
  readonly auditLog: AuditLog
  readonly successions: Pick<Successions, 'run'>
  readonly sessions: Sessions
  readonly limits: RateLimits
  readonly security: SecurityLog
}

/** The routes of administrators. */
export function adminRoutes(app: FastifyInstance, services: AdminServices): void {
  const { accounts, auditLog, successions, sessions, limits, security } = services

  const enter = (request: FastifyRequest) => enterAsAdmin(request, sessions, limits)

  app.post('/api/admin/users/:name/ban', async (request, reply) => {
    const admin = await enter(request)
    const { name } = parse(userPath, request.params)
    const { until, reason } = parse(ban, request.body)
    if (until !== undefined && until <= sessions.now()) throw new AppError('bad_request', 'must not be over', 'until')
    check(await accounts.ban(name, until, { ...admin, reason }), name)
    sessions.changed()
    void successions.run()
    const end = until === undefined ? {} : { until: new Date(until).toISOString() }
    security.record('banned', { user: name, address: request.ip, by: admin.user, reason, ...end })
    return reply.status(204).send()
  })

  app.post('/api/admin/users/:name/unban', async (request, reply) => {
    const admin = await enter(request)
    const { name } = parse(userPath, request.params)
    const { reason } = parse(because, request.body)
    check(await accounts.unban(name, { ...admin, reason }), name)
    security.record('unbanned', { user: name, address: request.ip, by: admin.user, reason })
    return reply.status(204).send()
  })

  app.post('/api/admin/users/:name/role', async (request, reply) => {
    const admin = await enter(request)
    const { name } = parse(userPath, request.params)
    const { role, reason } = parse(newRole, request.body)
    check(await accounts.setRole(name, role, { ...admin, reason }), name)
    sessions.changed()
    security.record('role_changed', { user: name, address: request.ip, by: admin.user, reason, role })
    return reply.status(204).send()
  })

  app.post('/api/admin/users/:name/end-sessions', async (request, reply) => {
    const admin = await enter(request)
    const { name } = parse(userPath, request.params)
    const { reason } = parse(because, request.body)
    check(await accounts.endSessions(name, { ...admin, reason }), name)
    sessions.changed()
    security.record('sessions_ended', { user: name, address: request.ip, by: admin.user, reason })
    return reply.status(204).send()
  })

  app.get('/api/admin/audit', async (request) => {
    await enter(request)
    const { cursor, limit } = parse(page, request.query)
    const { entries, ...next } = await auditLog.page(cursor, limit)
    return { entries: entries.map(({ at, ...entry }) => ({ ...entry, at: new Date(at).toISOString() })), ...next }
  })
}

function check(verdict: 'done' | 'absent' | 'outranked', name: string): void {
  if (verdict === 'absent') throw new AppError('not_found', `there is no user "${name}"`, 'name')
  if (verdict === 'outranked')
    throw new AppError('forbidden', `the role of "${name}" is as high as yours or higher`, 'name')
}

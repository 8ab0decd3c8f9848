import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Successions } from '../room/successions.ts'
import type { Sessions } from '../session/sessions.ts'
import type { AccountExport, ExportedPart } from '../store/account-export.ts'
import type { Accounts } from '../store/accounts.ts'
import { AppError } from '../support/errors.ts'
import { EXPORT_TIMEOUT_MS, MAX_EXPORTS } from '../support/limits.ts'
import type { SecurityLog } from '../support/security-log.ts'
import { Semaphore } from '../support/semaphore.ts'
import { authenticate } from './authenticate.ts'
import type { PasswordChecks } from './password-checks.ts'
import type { RateLimits } from './rate-limits.ts'
import { ownPassword, parse } from './requests.ts'
import { clearCookie } from './session-cookie.ts'

export interface OwnAccountServices {
  readonly accounts: Pick<Accounts, 'remove'>
  readonly accountExport: Pick<AccountExport, 'of'>
  readonly successions: Pick<Successions, 'run'>
  readonly checks: PasswordChecks
  readonly sessions: Sessions
  readonly limits: RateLimits
  readonly security: SecurityLog
  /** @default EXPORT_TIMEOUT_MS */
  readonly exportTimeoutMs?: number
}

/** The routes by which users take what is stored of them, and delete their account. */
export function ownAccountRoutes(app: FastifyInstance, services: OwnAccountServices): void {
  const { accounts, accountExport, successions, checks, sessions, limits, security } = services
  const { exportTimeoutMs = EXPORT_TIMEOUT_MS } = services
  const exports = new Semaphore(MAX_EXPORTS, 0)

  const enter = async (request: FastifyRequest) => {
    const session = await authenticate(request, sessions)
    await limits.requests.take(session.user)
    return session
  }

  app.get('/api/users/me/export', async (request, reply) => {
    const { user: name, userId: id } = await enter(request)
    await exports.run(async () => {
      await limits.exports.take(name)
      security.record('exported', { user: name, address: request.ip })
      const signal = AbortSignal.timeout(exportTimeoutMs)
      const body = Readable.from(lines(accountExport.of({ id, name })), { signal })
      const isOver = new Promise((resolve) => body.once('close', resolve))
      reply.header('Content-Disposition', 'attachment; filename="chat.ndjson"')
      void reply.type('application/x-ndjson').send(body)
      await isOver
    })
    return reply
  })

  app.post('/api/users/me/delete', async (request, reply) => {
    const { user: name, userId: id } = await enter(request)
    const { password } = parse(ownPassword, request.body)
    const { passwordHash } = await checks.check({ name, password, ip: request.ip, field: 'password' })
    if (!(await accounts.remove({ id, name }, passwordHash)))
      throw new AppError('conflict', 'the password was changed meanwhile: log in with the new one', 'password')
    sessions.changed()
    void successions.run()
    security.record('account_deleted', { user: name, address: request.ip })
    clearCookie(reply)
    return reply.status(204).send()
  })
}

/** The client that does not read makes the database wait, not the memory grow. */
async function* lines(parts: AsyncIterable<ExportedPart>): AsyncGenerator<string> {
  for await (const part of parts) yield `${JSON.stringify(part)}\n`
}

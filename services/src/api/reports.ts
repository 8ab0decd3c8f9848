import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Sessions } from '../session/sessions.ts'
import type { Reports } from '../store/reports.ts'
import { AppError } from '../support/errors.ts'
import { enterAsAdmin } from './enter-as-admin.ts'
import type { RateLimits } from './rate-limits.ts'
import { because, idPath, parse, reportPage } from './requests.ts'

export interface ReportServices {
  readonly reports: Reports
  readonly sessions: Sessions
  readonly limits: Pick<RateLimits, 'requests'>
}

/** The routes by which administrators see what users have reported, and close it. */
export function reportRoutes(app: FastifyInstance, { reports, sessions, limits }: ReportServices): void {
  const enter = (request: FastifyRequest) => enterAsAdmin(request, sessions, limits)
  const act = async (request: FastifyRequest) => {
    const admin = await enter(request)
    const { id } = parse(idPath, request.params)
    return { id, act: { ...admin, ...parse(because, request.body) } }
  }

  app.get('/api/admin/reports', async (request) => {
    await enter(request)
    const { state, cursor, limit } = parse(reportPage, request.query)
    return reports.page(state === 'closed', cursor, limit)
  })

  app.post('/api/admin/reports/:id/read', async (request) => {
    const { id, act: reader } = await act(request)
    const found = await reports.read(id, reader)
    if (!found) throw new AppError('not_found', `there is no report ${id}, or its message is gone`, 'id')
    return found
  })

  app.post('/api/admin/reports/:id/close', async (request, reply) => {
    const { id, act: closer } = await act(request)
    if (!(await reports.close(id, closer))) throw new AppError('not_found', `there is no open report ${id}`, 'id')
    return reply.status(204).send()
  })
}

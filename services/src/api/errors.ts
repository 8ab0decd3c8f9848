import type { FastifyError, FastifyInstance } from 'fastify'
import { isDatabaseError } from '../store/mysql-errors.ts'
import { AppError, messageOf, type ErrorBody, type ErrorCode } from '../support/errors.ts'
import { pathOf } from '../support/http-server.ts'
import type { Logger } from '../support/log.ts'
import type { SecurityLog } from '../support/security-log.ts'

/** What the security log records. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'forbidden', 'rate_limited'])

/** Gives every error the form `{error: {code, field?, message, retryAfterSeconds?}}`. An unexpected error is logged, and its details are not sent. */
export function handleErrors(app: FastifyInstance, log: Logger, security: SecurityLog): void {
  app.setErrorHandler((error, request, reply) => {
    const appError = toAppError(error as FastifyError)
    if (REFUSALS.has(appError.code)) {
      const action = `${request.method} ${request.routeOptions.url ?? 'unknown'}`
      security.record('refused', { address: request.ip, reason: appError.code, action })
    }
    if (appError.code === 'internal') log.error({ error: (error as Error).stack }, 'unexpected error')
    return reply.status(appError.status).headers(appError.headers).send(body(appError.body))
  })
  app.setNotFoundHandler((request, reply) => {
    const error = new AppError('not_found', `there is no ${request.method} ${pathOf(request)}`, 'path')
    return reply.status(error.status).send(body(error.body))
  })
}

const body = (error: ErrorBody) => ({ error })

function toAppError(error: FastifyError): AppError {
  if (error instanceof AppError) return error
  if (error.statusCode === 413) return new AppError('too_large', 'the request body is too large', 'body')
  if (error.statusCode === 415)
    return new AppError('bad_request', 'the request body must be application/json', 'Content-Type')
  if (error.statusCode !== undefined && error.statusCode < 500) return new AppError('bad_request', error.message)
  if (isDatabaseError(error)) {
    return new AppError('unavailable', `the database does not answer: try again later (${messageOf(error)})`)
  }
  return new AppError('internal', 'an unexpected error occurred and was logged')
}

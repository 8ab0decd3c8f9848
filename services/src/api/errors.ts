import type { FastifyError, FastifyInstance } from 'fastify'
import { isDatabaseError } from '../store/mysql-errors.ts'
import { AppError, messageOf, type ErrorBody } from '../support/errors.ts'
import { pathOf } from '../support/http-server.ts'
import type { Logger } from '../support/log.ts'
import { REFUSALS, type SecurityLog } from '../support/security-log.ts'
import { throttledWarn } from '../support/throttled.ts'

/** Gives every error the form `{error: {code, field?, message, retryAfterSeconds?}}`. An unexpected error is logged, and its details are not sent. */
export function handleErrors(app: FastifyInstance, log: Logger, security: SecurityLog): void {
  const warn = throttledWarn(log)
  app.setErrorHandler((error, request, reply) => {
    const appError = toAppError(error as FastifyError)
    if (REFUSALS.has(appError.code)) {
      const action = `${request.method} ${request.routeOptions.url ?? 'unknown'}`
      security.record('refused', { address: request.ip, reason: appError.code, action })
    }
    if (appError.code === 'internal') log.error({ error: (error as Error).stack }, 'unexpected error')
    // The words of the error name addresses, so strangers do not learn them.
    else if (appError !== error && appError.code === 'unavailable')
      warn({ error: messageOf(error) }, 'a request failed on the database')
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
  if (isDatabaseError(error)) return new AppError('unavailable', 'the database does not answer: try again later')
  return new AppError('internal', 'an unexpected error occurred and was logged')
}

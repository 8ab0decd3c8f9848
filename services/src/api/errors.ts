import type { FastifyError, FastifyInstance } from 'fastify'
import { AppError, messageOf, type ErrorBody } from '../support/errors.ts'
import type { Logger } from '../support/log.ts'

/** Every error has the shape {error: {code, field?, message}}. What nobody foresaw is logged and told without its details. */
export function handleErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error, _request, reply) => {
    const appError = toAppError(error as FastifyError)
    if (appError.code === 'internal') log.error({ error: (error as Error).stack }, 'unexpected error')
    if (appError.code === 'rate_limited') void reply.header('Retry-After', '60')
    if (appError.code === 'unauthorized') void reply.header('WWW-Authenticate', 'Bearer')
    return reply.status(appError.status).send(body(appError.body))
  })
  app.setNotFoundHandler((request, reply) => {
    const error = new AppError('not_found', `there is no ${request.method} ${request.url.split('?', 1)[0]}`, 'path')
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
    return new AppError('unavailable', `the database cannot answer now: try again later (${messageOf(error)})`)
  }
  return new AppError('internal', 'something unexpected happened: it was logged')
}

function isDatabaseError(error: unknown): boolean {
  const { code, sqlState } = error as { code?: unknown; sqlState?: unknown }
  return sqlState !== undefined || (typeof code === 'string' && /^(E[A-Z]{4,}|PROTOCOL_|ER_)/.test(code))
}

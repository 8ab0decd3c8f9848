import type { FastifyRequest } from 'fastify'
import { AppError } from '../support/errors.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Session } from '../session/tokens.ts'

/** @throws AppError `unauthorized` */
export async function authenticate(request: FastifyRequest, sessions: Sessions): Promise<Session> {
  const [, token] = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (token === undefined)
    throw new AppError('unauthorized', 'a token is needed: send "Authorization: Bearer TOKEN"', 'token')
  return sessions.verify(token)
}

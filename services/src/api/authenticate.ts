import type { FastifyRequest } from 'fastify'
import { bearerToken } from '../session/bearer.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Session } from '../session/tokens.ts'
import { AppError } from '../support/errors.ts'

/** The session of a request's token. @throws AppError `unauthorized`, or as `Sessions.verify` does */
export async function authenticate(request: FastifyRequest, sessions: Sessions): Promise<Session> {
  const token = bearerToken(request.headers)
  if (token === undefined)
    throw new AppError('unauthorized', 'a token is needed: send "Authorization: Bearer TOKEN"', 'token')
  return sessions.verify(token)
}

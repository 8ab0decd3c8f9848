import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Granted } from '../session/logins.ts'
import { AppError } from '../support/errors.ts'

/** Sent by browsers to these routes alone, and from no other site. A script of a page cannot read it. */
const NAME = 'chat_session'
const OPTIONS: CookieSerializeOptions = { path: '/api/users', httpOnly: true, secure: true, sameSite: 'strict' }
/** Between the two parts of the cookie. A refresh token has none, the key of a device may have some. */
const SEPARATOR = '!'

/** Puts the refresh token, and the key of its device, into a cookie instead of the answer. */
export function inCookie(
  reply: FastifyReply,
  { refreshToken, ...granted }: Granted,
  device: { readonly key: string; readonly sessionMs: number },
): Omit<Granted, 'refreshToken'> {
  const value = `${refreshToken}${SEPARATOR}${device.key}`
  reply.setCookie(NAME, value, { ...OPTIONS, maxAge: Math.ceil(device.sessionMs / 1000) })
  return granted
}

/** What the cookie has. @throws AppError `unauthorized` without one */
export function ofCookie(request: FastifyRequest): { refreshToken: string; deviceKey: string } {
  const value = request.cookies[NAME] ?? ''
  const end = Math.max(value.indexOf(SEPARATOR), 0)
  const [refreshToken, deviceKey] = [value.slice(0, end), value.slice(end + 1)]
  if (!refreshToken || !deviceKey)
    throw new AppError('unauthorized', 'there is no session in a cookie: log in', 'cookie')
  return { refreshToken, deviceKey }
}

export function clearCookie(reply: FastifyReply): void {
  reply.clearCookie(NAME, OPTIONS)
}

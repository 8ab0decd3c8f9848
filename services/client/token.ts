import { createHmac, randomUUID } from 'node:crypto'

const DEFAULT_LIFETIME_SECONDS = 86_400

/**
 * Signs a token that has no session, for a user who exists. It is for tests that know the secret: each login costs a
 * bcrypt hash.
 * @param options.lifetimeSeconds @default 86400
 */
export function signToken(secret: string, user: string, options: { lifetimeSeconds?: number } = {}): string {
  const issuedAt = Math.floor(Date.now() / 1000)
  const expiresAt = issuedAt + (options.lifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS)
  const claims = { iss: 'chat-app', aud: 'chat-app', sub: user, jti: randomUUID(), iat: issuedAt, exp: expiresAt }
  const content = `${encode({ alg: 'HS256', typ: 'at+jwt' })}.${encode(claims)}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

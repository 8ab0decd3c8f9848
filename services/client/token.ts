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

/** How long a token is valid from its issue on; undefined if it does not say so. */
export function lifetimeMs(token: string): number | undefined {
  try {
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    const { iat, exp } = JSON.parse(claims) as { iat?: unknown; exp?: unknown }
    return typeof iat === 'number' && typeof exp === 'number' ? (exp - iat) * 1000 : undefined
  } catch {
    return undefined
  }
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

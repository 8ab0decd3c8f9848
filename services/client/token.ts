import { createHmac, randomUUID } from 'node:crypto'

/**
 * Signs a token as the service does, for load clients that know the secret: logging in costs a bcrypt hash each.
 * The user need not be registered.
 */
export function signToken(secret: string, user: string, options: { lifetimeSeconds?: number } = {}): string {
  const issuedAt = Math.floor(Date.now() / 1000)
  const expiresAt = issuedAt + (options.lifetimeSeconds ?? 86_400)
  const claims = { iss: 'chat-app', sub: user, jti: randomUUID(), iat: issuedAt, exp: expiresAt }
  const content = `${encode({ alg: 'HS256' })}.${encode(claims)}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

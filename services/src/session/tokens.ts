import { createSecretKey, randomUUID, type KeyObject } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { AppError } from '../support/errors.ts'
import { isUserName } from '../protocol/names.ts'

export interface Session {
  readonly user: string
  /** The token's id (`jti`). */
  readonly tokenId: string
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
}

const algorithm = 'HS256'
const issuer = 'chat-app'
/** Clocks of two machines differ by no more. */
const clockToleranceSeconds = 5
/** Ours have some 200 bytes. */
const maxTokenLength = 4096

/** Signs with the current secret; accepts the previous one as well while a rotation is under way. */
export class Tokens {
  readonly #lifetimeSeconds: number
  #current: KeyObject
  #keys: KeyObject[]

  constructor(options: { secret: string; previousSecret?: string | undefined; expirationHours: number }) {
    this.#lifetimeSeconds = options.expirationHours * 3600
    this.#current = keyOf(options.secret)
    this.#keys = []
    this.rotate(options.secret, options.previousSecret)
  }

  /** Takes effect for the next token; what is connected stays so. */
  rotate(secret: string, previousSecret?: string): void {
    this.#current = keyOf(secret)
    this.#keys = [this.#current, ...(previousSecret === undefined ? [] : [keyOf(previousSecret)])]
  }

  async sign(user: string): Promise<{ token: string; session: Session }> {
    const issuedAt = Math.floor(Date.now() / 1000)
    const expiresAt = issuedAt + this.#lifetimeSeconds
    const tokenId = randomUUID()
    const token = await new SignJWT()
      .setProtectedHeader({ alg: algorithm })
      .setIssuer(issuer)
      .setSubject(user)
      .setJti(tokenId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.#current)
    return { token, session: { user, tokenId, issuedAt: issuedAt * 1000, expiresAt: expiresAt * 1000 } }
  }

  /** @throws AppError `unauthorized` that says why, without the token. */
  async verify(token: string): Promise<Session> {
    if (token.length > maxTokenLength) throw unauthorized('is too long')
    let reason = 'is not signed by this system'
    for (const key of this.#keys) {
      try {
        const options = { algorithms: [algorithm], issuer, clockTolerance: clockToleranceSeconds }
        const { payload } = await jwtVerify(token, key, { ...options, requiredClaims: ['sub', 'jti', 'iat', 'exp'] })
        return toSession(payload)
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw unauthorized('has expired: log in again')
        if (error instanceof AppError) throw error
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) reason = 'is not a valid token'
      }
    }
    throw unauthorized(reason)
  }
}

function toSession({ sub, jti, iat, exp }: { sub?: unknown; jti?: unknown; iat?: unknown; exp?: unknown }): Session {
  if (typeof sub !== 'string' || !isUserName(sub)) throw unauthorized('names no valid user')
  if (typeof jti !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(jti)) throw unauthorized('has no valid id')
  return { user: sub, tokenId: jti, issuedAt: Number(iat) * 1000, expiresAt: Number(exp) * 1000 }
}

function unauthorized(reason: string): AppError {
  return new AppError('unauthorized', `the token ${reason}`, 'token')
}

function keyOf(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret, 'utf8'))
}

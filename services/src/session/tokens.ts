import { createSecretKey, randomUUID, type KeyObject } from 'node:crypto'
import { errors, jwtVerify, SignJWT, type JWTVerifyResult } from 'jose'
import { AppError } from '../support/errors.ts'
import { isProbeName, isUserName } from '../protocol/names.ts'
import { MAX_TOKEN_CHARACTERS } from '../support/limits.ts'

/** The user and the token of an authenticated request or connection. */
export interface Session {
  readonly user: string
  /** The token's id (`jti`). */
  readonly tokenId: string
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

const ALGORITHM = 'HS256'
const ISSUER = 'chat-app'
const AUDIENCE = 'chat-app'
/** An access token (RFC 9068, 2.1). */
const TYPE = 'at+jwt'
/** How much the clocks of two machines may differ. */
const CLOCK_TOLERANCE_SECONDS = 5
const TOKEN_ID = /^[A-Za-z0-9._-]{1,64}$/

/** Signs tokens with the current secret. During a rotation it also accepts tokens of the previous secret. */
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

  /** Takes effect from the next token on. Open connections stay open. */
  rotate(secret: string, previousSecret?: string): void {
    this.#current = keyOf(secret)
    this.#keys = [this.#current, ...(previousSecret === undefined ? [] : [keyOf(previousSecret)])]
  }

  async sign(user: string): Promise<{ token: string; session: Session }> {
    const issuedAt = Math.floor(Date.now() / 1000)
    const expiresAt = issuedAt + this.#lifetimeSeconds
    const tokenId = randomUUID()
    const token = await new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(user)
      .setJti(tokenId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.#current)
    return { token, session: { user, tokenId, issuedAt: issuedAt * 1000, expiresAt: expiresAt * 1000 } }
  }

  /** @throws AppError `unauthorized` with the reason and without the token */
  async verify(token: string): Promise<Session> {
    if (token.length > MAX_TOKEN_CHARACTERS) throw unauthorized('is too long')
    let reason = 'is not signed by this system'
    for (const key of this.#keys) {
      try {
        const options = { algorithms: [ALGORITHM], issuer: ISSUER, clockTolerance: CLOCK_TOLERANCE_SECONDS }
        const verified = await jwtVerify(token, key, { ...options, requiredClaims: ['sub', 'jti', 'iat', 'exp'] })
        checkPurpose(verified)
        return toSession(verified.payload)
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw unauthorized('has expired: log in again')
        if (error instanceof AppError) throw error
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) reason = 'is not a valid token'
      }
    }
    throw unauthorized(reason)
  }
}

/** A token for another purpose has the same signature. Those of release 0.1.0 state no purpose. */
function checkPurpose({ payload: { aud }, protectedHeader: { typ } }: JWTVerifyResult): void {
  if (aud !== undefined && aud !== AUDIENCE) throw unauthorized('is for another audience')
  if (typ !== undefined && typ !== TYPE) throw unauthorized('is of another type')
  if ((aud === undefined) !== (typ === undefined)) throw unauthorized('has an audience or a type alone')
}

function toSession({ sub, jti, iat, exp }: { sub?: unknown; jti?: unknown; iat?: unknown; exp?: unknown }): Session {
  if (typeof sub !== 'string' || !(isUserName(sub) || isProbeName(sub))) throw unauthorized('has no valid user name')
  if (typeof jti !== 'string' || !TOKEN_ID.test(jti)) throw unauthorized('has no valid id')
  return { user: sub, tokenId: jti, issuedAt: Number(iat) * 1000, expiresAt: Number(exp) * 1000 }
}

function unauthorized(reason: string): AppError {
  return new AppError('unauthorized', `the token ${reason}`, 'token')
}

function keyOf(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret, 'utf8'))
}

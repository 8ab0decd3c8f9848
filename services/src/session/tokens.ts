import { createSecretKey, randomUUID, type KeyObject } from 'node:crypto'
import { errors, jwtVerify, SignJWT, type JWTPayload, type JWTVerifyResult } from 'jose'
import { AppError } from '../support/errors.ts'
import { isProbeName, isUserName } from '../protocol/names.ts'
import { MAX_TOKEN_CHARACTERS, VISITOR_TOKEN_SECONDS } from '../support/limits.ts'
import type { AccountKind, Role } from '../store/users.ts'

/** What a token says. */
export interface Claims {
  readonly user: string
  /** The token's id (`jti`), by which it is revoked. */
  readonly tokenId: string
  /** The session that it was issued to. Tokens of release 0.1.0 and of visitors have none. */
  readonly sessionId?: string
  /** The user's generation when it was issued. Tokens of release 0.1.0 have none. */
  readonly generation?: number
  /** The only inbox that a visitor may write to. Other tokens have none. */
  readonly inbox?: string
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** The user and the token of an authenticated request or connection. */
export interface Session extends Claims {
  readonly userId: number
  readonly role: Role
  readonly kind: AccountKind
}

/** A token of a session. Times are milliseconds since 1970. */
export interface NewToken {
  readonly user: string
  readonly sessionId: string
  readonly generation: number
  readonly issuedAt: number
  readonly expiresAt: number
}

export interface TokensOptions {
  readonly secret: string
  readonly previousSecret?: string | undefined
  /** Milliseconds since 1970. @default the clock of the process */
  readonly now?: () => number
}

const ALGORITHM = 'HS256'
const ISSUER = 'chat-app'
const AUDIENCE = 'chat-app'
const VISITOR_AUDIENCE = 'widget'
/** An access token (RFC 9068, 2.1). */
const TYPE = 'at+jwt'
/** How much the clock of the process that has signed may differ. */
const CLOCK_TOLERANCE_SECONDS = 5
const TOKEN_ID = /^[A-Za-z0-9._-]{1,64}$/

/** Signs tokens with the current secret. During a rotation it also accepts tokens of the previous secret. */
export class Tokens {
  readonly #now: () => number
  #keys: [current: KeyObject, ...previous: KeyObject[]]

  constructor({ secret, previousSecret, now = Date.now }: TokensOptions) {
    this.#now = now
    this.#keys = keysOf(secret, previousSecret)
  }

  /** Takes effect from the next token on. Open connections stay open. */
  rotate(secret: string, previousSecret?: string): void {
    this.#keys = keysOf(secret, previousSecret)
  }

  /** The keys that sign and that have signed, the current one first. */
  get keys(): readonly KeyObject[] {
    return this.#keys
  }

  /**
   * Signs a token of a session. Its id is that of the session: so one revocation ends all tokens of the session, also on a
   * process of release 0.1.0, which knows no sessions.
   */
  sign({ user, sessionId, generation, issuedAt, expiresAt }: NewToken): Promise<string> {
    const times = { issuedAt, expiresAt }
    return this.#sign({ sub: user, jti: sessionId, sid: sessionId, gen: generation }, AUDIENCE, times)
  }

  /** Signs a token of a visitor, whose account has no password. It is bound to one inbox. */
  signVisitor(visitor: { user: string; generation: number; inbox: string }): Promise<string> {
    const issuedAt = this.#now()
    const claims = { sub: visitor.user, jti: randomUUID(), gen: visitor.generation, inbox: visitor.inbox }
    return this.#sign(claims, VISITOR_AUDIENCE, { issuedAt, expiresAt: issuedAt + VISITOR_TOKEN_SECONDS * 1000 })
  }

  /**
   * @param accepts visitors' tokens are refused unless they are named here
   * @throws AppError `unauthorized` with the reason and without the token
   */
  async verify(token: string, { accepts = 'users' }: { accepts?: 'users' | 'visitors too' } = {}): Promise<Claims> {
    if (token.length > MAX_TOKEN_CHARACTERS) throw unauthorized('is too long')
    let reason = 'is not signed by this system'
    const options = {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(this.#now()),
      requiredClaims: ['sub', 'jti', 'iat', 'exp'],
    }
    for (const key of this.#keys) {
      try {
        const verified = await jwtVerify(token, key, options)
        checkPurpose(verified, accepts === 'visitors too' ? [AUDIENCE, VISITOR_AUDIENCE] : [AUDIENCE])
        return toClaims(verified.payload)
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw unauthorized('has expired: log in again')
        if (error instanceof AppError) throw error
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) reason = 'is not a valid token'
      }
    }
    throw unauthorized(reason)
  }

  #sign(claims: JWTPayload, audience: string, { issuedAt, expiresAt }: { issuedAt: number; expiresAt: number }) {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setIssuedAt(Math.floor(issuedAt / 1000))
      .setExpirationTime(Math.floor(expiresAt / 1000))
      .sign(this.#keys[0])
  }
}

/** A token for another purpose has the same signature. Those of release 0.1.0 state no purpose. */
function checkPurpose({ payload: { aud }, protectedHeader: { typ } }: JWTVerifyResult, audiences: string[]): void {
  if (aud !== undefined && !(typeof aud === 'string' && audiences.includes(aud)))
    throw unauthorized('is for another audience')
  if (typ !== undefined && typ !== TYPE) throw unauthorized('is of another type')
  if ((aud === undefined) !== (typ === undefined)) throw unauthorized('has an audience or a type alone')
}

function toClaims(payload: JWTPayload): Claims {
  const { sub, jti, iat, exp, aud, sid, gen, inbox } = payload
  if (typeof sub !== 'string' || !(isUserName(sub) || isProbeName(sub))) throw unauthorized('has no valid user name')
  if (!isId(jti)) throw unauthorized('has no valid id')
  const times = { issuedAt: Number(iat) * 1000, expiresAt: Number(exp) * 1000 }
  const claims = { user: sub, tokenId: jti, ...times }
  if (aud === VISITOR_AUDIENCE) {
    if (!isId(inbox) || !isGeneration(gen)) throw unauthorized('is bound to no inbox')
    return { ...claims, generation: gen, inbox }
  }
  if (sid === undefined && gen === undefined) return claims
  if (!isId(sid) || !isGeneration(gen)) throw unauthorized('has no valid session')
  return { ...claims, sessionId: sid, generation: gen }
}

const isId = (value: unknown): value is string => typeof value === 'string' && TOKEN_ID.test(value)

const isGeneration = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

function unauthorized(reason: string): AppError {
  return new AppError('unauthorized', `the token ${reason}`, 'token')
}

function keysOf(secret: string, previousSecret?: string): [KeyObject, ...KeyObject[]] {
  return [keyOf(secret), ...(previousSecret === undefined ? [] : [keyOf(previousSecret)])]
}

function keyOf(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret, 'utf8'))
}

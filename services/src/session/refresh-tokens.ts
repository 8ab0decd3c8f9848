import { createHash, createHmac, hkdfSync, randomBytes, type KeyObject } from 'node:crypto'
import { REFRESH_AGAIN_MS } from '../support/limits.ts'
import type { RefreshDecision, RefreshState } from '../store/device-sessions.ts'

const SECRET_BYTES = 32
const REFRESH_TOKEN = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/
const PURPOSE = 'chat-app refresh tokens'

/** A refresh token: the id of its session, and a secret of which the database has only the hash. */
export interface RefreshToken {
  readonly sessionId: string
  readonly secret: Buffer
}

export function newSecret(): Buffer {
  return randomBytes(SECRET_BYTES)
}

/** Of a refresh token's secret, or of a device's key. No salt: a secret of 256 random bits cannot be guessed. */
export function hashOf(secret: Buffer | string): Buffer {
  return createHash('sha256').update(secret).digest()
}

export function formatRefreshToken({ sessionId, secret }: RefreshToken): string {
  return `${sessionId}.${secret.toString('base64url')}`
}

/** Undefined for what is no refresh token. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const [, sessionId, secret] = REFRESH_TOKEN.exec(text) ?? []
  return sessionId === undefined || secret === undefined
    ? undefined
    : { sessionId, secret: Buffer.from(secret, 'base64url') }
}

/**
 * The secret that follows another one. It is derived, so that several pages that refresh at once get the same one
 * although only hashes are stored, and nothing secret is kept for the repetition. Whoever has stolen an old secret cannot
 * derive it, since it takes the server's key; whoever has only the key cannot either.
 */
function successorOf(secret: Buffer, key: KeyObject): Buffer {
  const derived = Buffer.from(hkdfSync('sha256', key.export(), '', PURPOSE, SECRET_BYTES))
  return createHmac('sha256', derived).update(secret).digest()
}

export interface Refresh {
  readonly decision: RefreshDecision
  /** The next secret; undefined if there is none. */
  readonly next: Buffer | undefined
}

/**
 * Decides about a refresh token whose session is open.
 *
 * - The session's present token, with the key of its device, is used up: the next one follows.
 * - The one before, with the same key within a minute: the answer was lost, or another page was faster. It gets the same.
 * - Anything else ends the session, because someone else has a token of it. Ids of sessions are as secret as tokens, so
 *   nobody can end one by guessing.
 *
 * @param keys the server's, the current one first
 * @returns undefined if another process has used a key that this one does not have yet
 */
export function decide(
  state: RefreshState,
  presented: { readonly secret: Buffer; readonly deviceHash: Buffer | undefined },
  keys: readonly KeyObject[],
): Refresh | undefined {
  const hash = hashOf(presented.secret)
  const [current] = keys
  if (current === undefined || !isSame(state.deviceHash, presented.deviceHash)) return ENDED
  if (state.refreshHash.equals(hash)) {
    const next = successorOf(presented.secret, current)
    return { decision: { kind: 'next', hash: hashOf(next) }, next }
  }
  if (!isSame(state.previousHash, hash) || state.now - state.refreshedAt > REFRESH_AGAIN_MS) return ENDED
  const next = keys
    .map((key) => successorOf(presented.secret, key))
    .find((secret) => hashOf(secret).equals(state.refreshHash))
  return next && { decision: { kind: 'same' }, next }
}

const ENDED: Refresh = { decision: { kind: 'end' }, next: undefined }

function isSame(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b)
}

import { LRUCache } from 'lru-cache'
import { AppError } from '../support/errors.ts'
import { REVOCATION_INTERVAL_MS } from '../support/limits.ts'
import type { Revocation, Revocations } from '../store/revocations.ts'
import type { Session, Tokens } from './tokens.ts'

/** How long a token that is not revoked needs no other query. New revocations are read separately, every second. */
const CACHE_MS = 60_000
const MAX_CACHED_TOKENS = 100_000
/** Added to the age of the revocations that are read, because a transaction may commit late. */
const OVERLAP_MS = 10_000
const MAX_FOLLOWED = 10_000
/**
 * The mean time between two purges; each is drawn from half to one and a half of it, so that the pods purge at
 * different times.
 */
const PURGE_INTERVAL_MS = 3_600_000

/** By name, so that it is the clock of a test, too. */
const MONOTONIC = { now: () => performance.now() }

/** Verifies tokens, and follows logouts and bans. */
export class Sessions {
  readonly #tokens: Tokens
  readonly #revocations: Revocations
  readonly #valid = new LRUCache<string, true>({ max: MAX_CACHED_TOKENS, ttl: CACHE_MS, perf: MONOTONIC })
  readonly #listeners = new Set<(isRevoked: (session: Session) => boolean) => void>()
  #followedAtMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #purgeAtMs = nextPurgeMs()
  readonly #stopped = new AbortController()

  constructor(tokens: Tokens, revocations: Revocations) {
    this.#tokens = tokens
    this.#revocations = revocations
  }

  /**
   * @param inTurn runs the query of a token that is not cached, whose signature is valid. @default at once
   * @throws AppError `unauthorized`, or `unavailable` if the database cannot tell whether the token was revoked
   */
  async verify(
    token: string,
    inTurn: <T>(query: () => Promise<T>) => Promise<T> = (query) => query(),
  ): Promise<Session> {
    const session = await this.#tokens.verify(token)
    if (this.#valid.get(session.tokenId)) return session
    if (matches(await inTurn(() => this.#find(session)), session)) {
      throw new AppError('unauthorized', 'the token was revoked: log in again', 'token')
    }
    this.#valid.set(session.tokenId, true)
    return session
  }

  /** Revokes one token. @throws the driver's error */
  async revoke(session: Session): Promise<void> {
    await this.#revocations.add('token', session.tokenId, session.expiresAt)
    this.#valid.delete(session.tokenId)
    for (const listener of this.#listeners) listener(({ tokenId }) => tokenId === session.tokenId)
  }

  /** The listener receives a predicate for the sessions that were revoked, on this pod or another. */
  onRevoked(listener: (isRevoked: (session: Session) => boolean) => void): void {
    this.#listeners.add(listener)
  }

  /** Reads new revocations once a second until `stop`. */
  follow(onError: (error: unknown) => void): void {
    const next = () => {
      this.#timer = setTimeout(() => {
        this.#purge().catch(onError)
        void this.#followOnce().catch(onError).finally(next)
      }, REVOCATION_INTERVAL_MS)
    }
    next()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#stopped.abort()
  }

  async #followOnce(): Promise<void> {
    const startedAtMs = performance.now()
    const windowMs = Math.ceil(startedAtMs - this.#followedAtMs) + OVERLAP_MS
    const added = await this.#revocations.added(windowMs, MAX_FOLLOWED)
    this.#followedAtMs = startedAtMs
    if (added.length === 0) return
    for (const { subject } of added) this.#valid.delete(subject)
    // The cache does not tell which tokens belong to a banned user, so all are looked up again.
    if (added.some(({ kind }) => kind === 'user')) this.#valid.clear()
    for (const listener of this.#listeners) listener((session) => matches(added, session))
  }

  /** New revocations do not wait for it. */
  async #purge(): Promise<void> {
    if (performance.now() < this.#purgeAtMs) return
    this.#purgeAtMs = nextPurgeMs()
    await this.#revocations.purge(this.#stopped.signal)
  }

  async #find({ tokenId, user }: Session): Promise<Revocation[]> {
    try {
      return await this.#revocations.find(tokenId, user)
    } catch (error) {
      throw new AppError('unavailable', 'the token cannot be checked: try again later', undefined, { cause: error })
    }
  }
}

const nextPurgeMs = () => performance.now() + PURGE_INTERVAL_MS * (0.5 + Math.random())

function matches(revocations: readonly Revocation[], session: Session): boolean {
  return revocations.some(({ kind, subject, createdAt, expiresAt }) => {
    if (expiresAt < Date.now()) return false
    if (kind === 'token') return subject === session.tokenId
    return subject === session.user && session.issuedAt <= createdAt
  })
}

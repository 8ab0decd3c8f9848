import { LRUCache } from 'lru-cache'
import { AppError } from '../support/errors.ts'
import { REVOCATION_INTERVAL_MS, REVOCATION_PAUSE_MS, UNREAD_REVOCATIONS_MS } from '../support/limits.ts'
import type { Revocation, Revocations } from '../store/revocations.ts'
import type { TokenState, TokenStates } from '../store/token-states.ts'
import type { DatabaseClock } from './clock.ts'
import type { Claims, Session, Tokens } from './tokens.ts'

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

export interface SessionsOptions {
  readonly tokens: Tokens
  readonly revocations: Pick<Revocations, 'added' | 'now' | 'purge' | 'endSessions'>
  readonly states: Pick<TokenStates, 'find' | 'openSessions'>
  /** Follows the database's clock. */
  readonly clock: DatabaseClock
  /** Asks the other processes to read revocations now. */
  readonly announce?: () => void
}

export interface VerifyOptions {
  /** Runs the query of a token that is not cached, whose signature is valid. @default at once */
  readonly inTurn?: <T>(query: () => Promise<T>) => Promise<T>
  /** Visitors are refused unless they are named here. @default users */
  readonly accepts?: 'users' | 'visitors too'
}

/** Verifies tokens, and follows logouts, bans and changed passwords. */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #known = new LRUCache<string, Session>({ max: MAX_CACHED_TOKENS, ttl: CACHE_MS, perf: MONOTONIC })
  /** The ids of tokens whose revocation was read before. */
  readonly #ended = new LRUCache<string, true>({ max: MAX_FOLLOWED })
  readonly #listeners = new Set<(isRevoked: (session: Session) => boolean) => void>()
  #followedAtMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #isReading = false
  #isHurried = false
  #purgeAtMs = nextPurgeMs()
  readonly #stopped = new AbortController()
  #onError: (error: unknown) => void = () => undefined

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /** The database's clock, by which tokens expire; milliseconds since 1970. */
  now(): number {
    return this.#options.clock.now()
  }

  /**
   * Returns the session of a token, with what the database says of its user.
   * @throws AppError `unauthorized`, or `unavailable` if the database cannot tell whether the token was revoked
   */
  async verify(
    token: string,
    { inTurn = (query) => query(), accepts = 'users' }: VerifyOptions = {},
  ): Promise<Session> {
    const claims = await this.#options.tokens.verify(token, { accepts })
    const known = this.#knownSession(claims)
    if (known) return known
    const state = await inTurn(() => this.#find(claims))
    const fault = faultOf(claims, state)
    if (fault !== undefined || !state) throw new AppError('unauthorized', `${fault}: log in again`, 'token')
    const session = { ...claims, userId: state.userId, role: state.role, kind: state.kind }
    this.#known.set(claims.tokenId, session)
    return session
  }

  /**
   * Revocations were written. This process and the others read them now; without Redis, the others do at their next turn.
   *
   * @param tokenId of the token, if it is only one
   */
  changed(tokenId?: string): void {
    if (tokenId === undefined) this.#known.clear()
    else this.#known.delete(tokenId)
    this.#options.announce?.()
    this.hurry()
  }

  /** Reads revocations as soon as possible: another process has announced some. */
  hurry(): void {
    // The turn of the first announcement is near; one that each put it off again would never come.
    if (this.#isHurried) return
    this.#isHurried = true
    if (this.#timer === undefined || this.#isReading) return
    clearTimeout(this.#timer)
    this.#next()
  }

  /** The listener receives a predicate for the sessions that were revoked, on this pod or another. */
  onRevoked(listener: (isRevoked: (session: Session) => boolean) => void): void {
    this.#listeners.add(listener)
  }

  /** Reads new revocations once a second until `stop`. */
  follow(onError: (error: unknown) => void): void {
    this.#onError = onError
    this.#next()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#stopped.abort()
  }

  #next(): void {
    if (this.#stopped.signal.aborted) return
    this.#timer = setTimeout(() => void this.#turn(), this.#isHurried ? REVOCATION_PAUSE_MS : REVOCATION_INTERVAL_MS)
  }

  async #turn(): Promise<void> {
    this.#isReading = true
    this.#isHurried = false
    this.#purge().catch(this.#onError)
    try {
      await this.#followOnce()
    } catch (error) {
      this.#onError(error)
    }
    this.#isReading = false
    this.#next()
  }

  async #followOnce(): Promise<void> {
    const { revocations, states, clock } = this.#options
    const startedAtMs = performance.now()
    const windowMs = Math.ceil(startedAtMs - this.#followedAtMs) + OVERLAP_MS
    const [added, now] = await Promise.all([revocations.added(windowMs, MAX_FOLLOWED), revocations.now()])
    clock.set(now)
    const users = added.filter(({ kind }) => kind === 'user').map(({ subject }) => subject)
    const open = await states.openSessions(users)
    this.#followedAtMs = startedAtMs
    if (added.length === 0) return
    for (const { subject } of added) this.#known.delete(subject)
    // The cache does not tell which tokens belong to a user, so all are looked up again.
    if (users.length > 0) this.#known.clear()
    const isRevoked = matcher(added, open)
    for (const listener of this.#listeners) listener(isRevoked)
    await this.#endSessions(added)
  }

  /** Before release 0.1.0, which only revokes the token, removes the revocation: the session would go on. */
  async #endSessions(added: readonly Revocation[]): Promise<void> {
    const tokens = added.filter(({ kind, subject }) => kind === 'token' && !this.#ended.has(subject))
    const ids = tokens.map(({ subject }) => subject)
    await this.#options.revocations.endSessions(ids)
    for (const id of ids) this.#ended.set(id, true)
  }

  /** New revocations do not wait for it. */
  async #purge(): Promise<void> {
    if (performance.now() < this.#purgeAtMs) return
    this.#purgeAtMs = nextPurgeMs()
    await this.#options.revocations.purge(this.#stopped.signal)
  }

  /** While revocations cannot be read, each token is looked up, so nothing is admitted without the database. */
  #knownSession(claims: Claims): Session | undefined {
    if (performance.now() - this.#followedAtMs > UNREAD_REVOCATIONS_MS) return undefined
    const known = this.#known.get(claims.tokenId)
    // The tokens of a session have the same id.
    if (known?.user !== claims.user || known.generation !== claims.generation) return undefined
    return { ...known, ...claims }
  }

  async #find(claims: Claims): Promise<TokenState | undefined> {
    try {
      return await this.#options.states.find(claims)
    } catch (error) {
      throw new AppError('unavailable', 'the token cannot be checked: try again later', undefined, { cause: error })
    }
  }
}

const nextPurgeMs = () => performance.now() + PURGE_INTERVAL_MS * (0.5 + Math.random())

/** Why a token is refused that was issued once. */
function faultOf(claims: Claims, state: TokenState | undefined): string | undefined {
  if (!state) return 'there is no such user'
  if (state.isShut) return 'the user is banned or was deleted'
  if ((claims.inbox !== undefined) !== (state.kind === 'visitor')) return 'the token is for another kind of account'
  const isRevoked =
    state.isTokenRevoked ||
    (claims.sessionId !== undefined && !state.isSessionOpen) ||
    (claims.generation === undefined
      ? claims.issuedAt <= (state.userRevokedAt ?? -1)
      : claims.generation !== state.generation)
  return isRevoked ? 'the token was revoked' : undefined
}

/** @param open of all users with a revocation, the sessions that go on */
function matcher(revocations: readonly Revocation[], open: ReadonlySet<string>): (session: Session) => boolean {
  const tokens = new Set<string>()
  const users = new Map<string, number>()
  for (const { kind, subject, createdAt } of revocations) {
    if (kind === 'token') tokens.add(subject)
    else users.set(subject, createdAt)
  }
  return ({ user, tokenId, sessionId, generation, issuedAt }) => {
    if (tokens.has(tokenId)) return true
    const revokedAt = users.get(user)
    if (revokedAt === undefined) return false
    if (sessionId !== undefined) return !open.has(sessionId)
    return generation !== undefined || issuedAt <= revokedAt
  }
}

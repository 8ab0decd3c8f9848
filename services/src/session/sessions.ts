import { AppError, messageOf } from '../support/errors.ts'
import { BoundedCache } from '../support/bounded-cache.ts'
import type { Revocation, Revocations } from '../store/revocations.ts'
import type { Session, Tokens } from './tokens.ts'

/** A token that was looked up is not looked up again for as long; new revocations are followed separately, every second. */
const cacheMs = 60_000
const cacheEntries = 100_000
const followIntervalMs = 1000
/** Wider than the interval: a transaction that was slow to commit has an older time. */
const overlapMs = 10_000
const maxFollowed = 10_000
/** How often what has expired is removed, drawn from half to one and a half of it so that pods do not do it together. */
const purgeIntervalMs = 3_600_000

/** Says who a token belongs to, and follows log-outs and bans. */
export class Sessions {
  readonly #tokens: Tokens
  readonly #revocations: Revocations
  readonly #clean = new BoundedCache<string, true>(cacheEntries, cacheMs)
  readonly #listeners = new Set<(isRevoked: (session: Session) => boolean) => void>()
  #followedAt = Date.now()
  #timer: NodeJS.Timeout | undefined
  #purgeAt = nextPurge()

  constructor(tokens: Tokens, revocations: Revocations) {
    this.#tokens = tokens
    this.#revocations = revocations
  }

  /** @throws AppError `unauthorized`; `unavailable` where nobody can say whether the token was revoked. */
  async verify(token: string): Promise<Session> {
    const session = await this.#tokens.verify(token)
    if (this.#clean.get(session.tokenId)) return session
    if (matches(await this.#find(session), session)) {
      throw new AppError('unauthorized', 'the token was revoked: log in again', 'token')
    }
    this.#clean.set(session.tokenId, true)
    return session
  }

  /** Logs one token out. */
  async revoke(session: Session): Promise<void> {
    await this.#revocations.add('token', session.tokenId, session.expiresAt)
    this.#clean.delete(session.tokenId)
    for (const listener of this.#listeners) listener(({ tokenId }) => tokenId === session.tokenId)
  }

  /** Called with a test for sessions that were revoked, on whatever pod that happened. */
  onRevoked(listener: (isRevoked: (session: Session) => boolean) => void): void {
    this.#listeners.add(listener)
  }

  follow(onError: (error: unknown) => void): void {
    const next = () => {
      this.#timer = setTimeout(() => void this.#followOnce().catch(onError).finally(next), followIntervalMs)
    }
    next()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #followOnce(): Promise<void> {
    const startedAt = Date.now()
    if (startedAt >= this.#purgeAt) {
      this.#purgeAt = nextPurge()
      await this.#revocations.purge()
    }
    const added = await this.#revocations.added(startedAt - this.#followedAt + overlapMs, maxFollowed)
    this.#followedAt = startedAt
    if (added.length === 0) return
    for (const { subject } of added) this.#clean.delete(subject)
    // Which tokens of a banned user are known is not: all are looked up again.
    if (added.some(({ kind }) => kind === 'user')) this.#clean.clear()
    for (const listener of this.#listeners) listener((session) => matches(added, session))
  }

  async #find({ tokenId, user }: Session): Promise<Revocation[]> {
    try {
      return await this.#revocations.find(tokenId, user)
    } catch (error) {
      throw new AppError('unavailable', `the token cannot be checked: ${messageOf(error)}`, undefined, { cause: error })
    }
  }
}

const nextPurge = () => Date.now() + purgeIntervalMs * (0.5 + Math.random())

function matches(revocations: readonly Revocation[], session: Session): boolean {
  return revocations.some(({ kind, subject, createdAt, expiresAt }) => {
    if (expiresAt < Date.now()) return false
    if (kind === 'token') return subject === session.tokenId
    return subject === session.user && session.issuedAt <= createdAt
  })
}

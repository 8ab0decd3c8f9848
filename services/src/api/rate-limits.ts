import {
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  type IRateLimiterOptions,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible'
import type { RedisClient } from '../fanout/redis-client.ts'
import { AppError } from '../support/errors.ts'
import { REDIS_PATIENCE_MS, REDIS_REST_MS } from '../support/limits.ts'
import { within } from '../support/within.ts'
import { KnownAddresses } from './known-addresses.ts'
import { LoginLimits } from './login-limits.ts'
import type { RateLimit } from './rate-limit.ts'

export interface RateLimits {
  readonly logins: LoginLimits
  readonly registrations: RateLimit
  /** Of one address. */
  readonly refreshes: RateLimit
  readonly requests: RateLimit
  readonly rooms: RateLimit
  /** Searches for people. */
  readonly people: RateLimit
  readonly reports: RateLimit
  /** Of what is stored of a user. */
  readonly exports: RateLimit
}

/** The section `limits` of the configuration. 0 turns a limit off. */
export interface RateLimitFigures {
  readonly logins_per_minute: number
  readonly failed_logins_of_address_per_minute: number
  readonly failed_logins_of_user_per_minute: number
  readonly registrations_per_minute: number
  readonly requests_per_minute: number
  readonly rooms_per_hour: number
  readonly people_searches_per_minute: number
  readonly reports_per_hour: number
  readonly exports_per_hour: number
}

/**
 * What is counted in Redis for all pods together, and in memory while Redis does not answer at once.
 * @param redis returns the current client; a rotated password replaces it
 */
export function createRateLimits(figures: RateLimitFigures, redis: () => RedisClient): RateLimits {
  const perMinute = (name: string, points: number) => shared(name, { points, window: MINUTE }, redis)
  return {
    logins: new LoginLimits({
      attempts: perMinute('login', figures.logins_per_minute),
      ofAddress: perMinute('login-address', figures.failed_logins_of_address_per_minute),
      ofUser: perMinute('login-user', figures.failed_logins_of_user_per_minute),
      known: new KnownAddresses(redis),
    }),
    registrations: perMinute('register', figures.registrations_per_minute),
    refreshes: perMinute('refresh', figures.requests_per_minute),
    requests: perMinute('request', figures.requests_per_minute),
    rooms: shared('room', { points: figures.rooms_per_hour, window: HOUR }, redis),
    people: perMinute('people', figures.people_searches_per_minute),
    reports: shared('report', { points: figures.reports_per_hour, window: HOUR }, redis),
    exports: shared('export', { points: figures.exports_per_hour, window: HOUR }, redis),
  }
}

interface Allowance {
  readonly points: number
  /** The time over which it counts. Keys expire after it, so the traffic bounds their number. */
  readonly window: { readonly name: string; readonly seconds: number }
}

const MINUTE = { name: 'a minute', seconds: 60 }
const HOUR = { name: 'an hour', seconds: 3600 }

function shared(name: string, { points, window }: Allowance, redis: () => RedisClient): RateLimit {
  if (points === 0) return { take: () => Promise.resolve(), giveBack: () => Promise.resolve() }
  const options = { keyPrefix: `chat:limit:${name}`, points, duration: window.seconds }
  const counter = new Counter(options, redis)
  return {
    take: async (key) => {
      const refused = await counter.count((limiter) => limiter.consume(key))
      if (refused === undefined) return
      const retryAfterSeconds = Math.max(Math.ceil(refused.msBeforeNext / 1000), 1)
      const message = `more than ${points} ${window.name}: try again in ${retryAfterSeconds} s`
      throw new AppError('rate_limited', message, undefined, { retryAfterSeconds })
    },
    giveBack: async (key) => void (await counter.count((limiter) => limiter.reward(key))),
  }
}

/** A limiter in Redis, and one in memory that stands in for it: no request waits for a Redis that does not answer. */
class Counter {
  readonly #options: IRateLimiterOptions
  readonly #redis: () => RedisClient
  readonly #inMemory: RateLimiterMemory
  #client: RedisClient | undefined
  #inRedis: RateLimiterAbstract | undefined
  #restsUntilMs = Number.NEGATIVE_INFINITY

  constructor(options: IRateLimiterOptions, redis: () => RedisClient) {
    this.#options = options
    this.#redis = redis
    this.#inMemory = new RateLimiterMemory(options)
  }

  /** Returns what the limiter refuses with. */
  async count(action: (limiter: RateLimiterAbstract) => Promise<unknown>): Promise<RateLimiterRes | undefined> {
    const shared = this.#shared()
    try {
      if (shared !== undefined) return await refusalOf(within(REDIS_PATIENCE_MS, action(shared), 'no answer'))
    } catch {
      this.#restsUntilMs = performance.now() + REDIS_REST_MS
    }
    return refusalOf(action(this.#inMemory))
  }

  #shared(): RateLimiterAbstract | undefined {
    const client = this.#redis()
    if (client.status !== 'ready' || performance.now() < this.#restsUntilMs) return undefined
    if (this.#client !== client || this.#inRedis === undefined) {
      this.#client = client
      this.#inRedis = new RateLimiterRedis({ ...this.#options, storeClient: client, rejectIfRedisNotReady: true })
    }
    return this.#inRedis
  }
}

async function refusalOf(counted: Promise<unknown>): Promise<RateLimiterRes | undefined> {
  try {
    await counted
    return undefined
  } catch (error) {
    if (error instanceof RateLimiterRes) return error
    throw error
  }
}

import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { RedisClient } from '../fanout/redis-client.ts'
import { AppError } from '../support/errors.ts'
import { KnownAddresses } from './known-addresses.ts'
import { LoginLimits } from './login-limits.ts'
import type { RateLimit } from './rate-limit.ts'

/** The time over which a rate limit counts. Keys expire after it, so the traffic bounds their number. */
const WINDOW_SECONDS = 60

export interface RateLimits {
  readonly logins: LoginLimits
  readonly registrations: RateLimit
  readonly requests: RateLimit
}

/** The section `limits` of the configuration. 0 turns a limit off. */
export interface RateLimitFigures {
  readonly logins_per_minute: number
  readonly failed_logins_of_address_per_minute: number
  readonly failed_logins_of_user_per_minute: number
  readonly registrations_per_minute: number
  readonly requests_per_minute: number
}

/**
 * Logins and registrations are counted in Redis for all pods together, and in memory while Redis is unavailable.
 * Requests are counted in each pod.
 * @param redis returns the current client; a rotated password replaces it
 */
export function createRateLimits(figures: RateLimitFigures, redis: () => RedisClient): RateLimits {
  return {
    logins: new LoginLimits({
      attempts: shared('login', figures.logins_per_minute, redis),
      ofAddress: shared('login-address', figures.failed_logins_of_address_per_minute, redis),
      ofUser: shared('login-user', figures.failed_logins_of_user_per_minute, redis),
      known: new KnownAddresses(redis),
    }),
    registrations: shared('register', figures.registrations_per_minute, redis),
    requests: local('request', figures.requests_per_minute),
  }
}

function shared(name: string, points: number, redis: () => RedisClient): RateLimit {
  const insuranceLimiter = new RateLimiterMemory(options(name, points))
  let client: RedisClient | undefined
  let limiter: RateLimiterAbstract = insuranceLimiter
  return limit(points, () => {
    if (redis() === client) return limiter
    client = redis()
    limiter = new RateLimiterRedis({
      ...options(name, points),
      storeClient: client,
      insuranceLimiter,
      rejectIfRedisNotReady: true,
    })
    return limiter
  })
}

function local(name: string, points: number): RateLimit {
  const limiter = new RateLimiterMemory(options(name, points))
  return limit(points, () => limiter)
}

function options(name: string, points: number) {
  return { keyPrefix: `chat:limit:${name}`, points, duration: WINDOW_SECONDS }
}

function limit(points: number, limiter: () => RateLimiterAbstract): RateLimit {
  if (points === 0) return { take: () => Promise.resolve(), giveBack: () => Promise.resolve() }
  return {
    take: async (key) => {
      try {
        await limiter().consume(key)
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error
        const retryAfterSeconds = Math.max(Math.ceil(error.msBeforeNext / 1000), 1)
        const message = `more than ${points} a minute: try again in ${retryAfterSeconds} s`
        throw new AppError('rate_limited', message, undefined, { retryAfterSeconds })
      }
    },
    giveBack: async (key) => void (await limiter().reward(key)),
  }
}

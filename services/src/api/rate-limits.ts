import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { RedisClient } from '../fanout/redis-client.ts'
import { AppError } from '../support/errors.ts'

export interface Limit {
  /** @throws AppError `rate_limited` */
  take(key: string): Promise<void>
}

export interface Limits {
  readonly logins: Limit
  readonly registrations: Limit
  readonly requests: Limit
}

export interface LimitFigures {
  readonly logins_per_minute: number
  readonly registrations_per_minute: number
  readonly requests_per_minute: number
}

/**
 * Counted in Redis over all pods; in memory while Redis is away. Keys end after a minute, so both are bounded by the traffic.
 * `redis` gives the present client: after a rotated password it is another.
 */
export function createLimits(figures: LimitFigures, redis: () => RedisClient): Limits {
  return {
    logins: limit('login', figures.logins_per_minute, redis),
    registrations: limit('register', figures.registrations_per_minute, redis),
    requests: limit('request', figures.requests_per_minute, undefined),
  }
}

const seconds = 60

function limit(name: string, points: number, redis: (() => RedisClient) | undefined): Limit {
  if (points === 0) return { take: () => Promise.resolve() }
  const common = { keyPrefix: `chat:limit:${name}`, points, duration: seconds }
  const memory = new RateLimiterMemory(common)
  let client: RedisClient | undefined
  let limiter: RateLimiterAbstract = memory
  const present = () => {
    if (!redis || redis() === client) return limiter
    client = redis()
    limiter = new RateLimiterRedis({
      ...common,
      storeClient: client,
      insuranceLimiter: memory,
      rejectIfRedisNotReady: true,
    })
    return limiter
  }
  return {
    take: async (key) => {
      try {
        await present().consume(key)
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error
        const waitSeconds = Math.ceil(error.msBeforeNext / 1000)
        throw new AppError('rate_limited', `more than ${points} a minute: try again in ${waitSeconds} s`)
      }
    },
  }
}

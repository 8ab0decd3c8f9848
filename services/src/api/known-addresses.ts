import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { RedisClient } from '../fanout/redis-client.ts'
import { REDIS_PATIENCE_MS } from '../support/limits.ts'
import { within } from '../support/within.ts'

/** After the last log-in of a user. */
const KEPT_SECONDS = 30 * 24 * 3600
/** Addresses of one user; those that were used last are kept. */
const MAX_OF_USER = 20
/** Addresses that this process knows without Redis. Each takes about 200 bytes. */
const MAX_KEPT = 10_000

/** The addresses from which users have logged in, for all pods while Redis answers, and for this one without it. */
export class KnownAddresses {
  readonly #redis: () => RedisClient
  readonly #kept = new LRUCache<string, true>({ max: MAX_KEPT })

  /** @param redis returns the current client */
  constructor(redis: () => RedisClient) {
    this.#redis = redis
  }

  async has(user: string, address: string): Promise<boolean> {
    const { key, member } = namesOf(user, address)
    if (this.#kept.get(key + member)) return true
    return typeof (await this.#ask((redis) => redis.lpos(key, member))) === 'number'
  }

  async add(user: string, address: string): Promise<void> {
    const { key, member } = namesOf(user, address)
    this.#kept.set(key + member, true)
    await this.#ask((redis) =>
      redis
        .multi()
        .lrem(key, 0, member)
        .lpush(key, member)
        .ltrim(key, 0, MAX_OF_USER - 1)
        .expire(key, KEPT_SECONDS)
        .exec(),
    )
  }

  /** Without Redis an address is known only where it was seen. */
  async #ask<T>(question: (redis: RedisClient) => Promise<T>): Promise<T | undefined> {
    const redis = this.#redis()
    if (redis.status !== 'ready') return undefined
    return within(REDIS_PATIENCE_MS, question(redis), 'no answer').catch(() => undefined)
  }
}

/** Hashes, because Redis must say nothing about people. */
function namesOf(user: string, address: string): { key: string; member: string } {
  const hash = (text: string) => createHash('sha256').update(text).digest('base64url')
  return { key: `chat:known:${hash(user)}`, member: hash(`${user}\0${address}`) }
}

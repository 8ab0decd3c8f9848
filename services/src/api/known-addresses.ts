import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { RedisClient } from '../fanout/redis-client.ts'

const KEPT_SECONDS = 30 * 24 * 3600
/** Each takes about 200 bytes. */
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
    const key = keyOf(user, address)
    if (this.#kept.get(key)) return true
    const found = await this.#ask((redis) => redis.exists(key))
    return found === 1
  }

  async add(user: string, address: string): Promise<void> {
    const key = keyOf(user, address)
    this.#kept.set(key, true)
    await this.#ask((redis) => redis.set(key, '1', 'EX', KEPT_SECONDS))
  }

  /** Without Redis an address is known only where it was seen. */
  async #ask<T>(question: (redis: RedisClient) => Promise<T>): Promise<T | undefined> {
    const redis = this.#redis()
    if (redis.status !== 'ready') return undefined
    return question(redis).catch(() => undefined)
  }
}

/** A hash, because the key of Redis must say nothing about people. */
function keyOf(user: string, address: string): string {
  return `chat:known:${createHash('sha256').update(`${user}\0${address}`).digest('base64url')}`
}

import { LRUCache } from 'lru-cache'
import { TYPING_INTERVAL_MS } from '../support/limits.ts'

const MAX_REMEMBERED = 100_000
/** By name, so that it is the clock of a test, too. */
const MONOTONIC = { now: () => performance.now() }

/** Bounds how often others are told that a user types in a room. */
export class Typing {
  readonly #told = new LRUCache<string, true>({ max: MAX_REMEMBERED, ttl: TYPING_INTERVAL_MS, perf: MONOTONIC })

  /** Whether others may be told now. */
  take(room: number, user: string): boolean {
    const key = `${room}\0${user}`
    if (this.#told.has(key)) return false
    this.#told.set(key, true)
    return true
  }
}

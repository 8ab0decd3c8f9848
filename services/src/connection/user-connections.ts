import { createHash, randomUUID } from 'node:crypto'
import type { RedisClient } from '../fanout/redis-client.ts'
import { AppError } from '../support/errors.ts'
import {
  CONNECTIONS_REPORT_KEPT_MS,
  CONNECTIONS_REPORT_MS,
  REDIS_PATIENCE_MS,
  REDIS_REST_MS,
} from '../support/limits.ts'
import { within } from '../support/within.ts'

/** Connections of a device that has gone without a word are closed in about this time. */
const RETRY_SECONDS = 60
const TICK_MS = 1000

/**
 * A hash for each user: process -> `connections:deadline`. Sets the number of this process, unless all processes together
 * then had more than ARGV[3], and returns that of the others. By the clock of Redis, since those of the processes differ.
 */
const REPORT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entries = redis.call('HGETALL', KEYS[1])
local others = 0
for i = 1, #entries, 2 do
  local count, deadline = string.match(entries[i + 1], '^(%d+):(%d+)$')
  if deadline == nil or tonumber(deadline) <= now then
    redis.call('HDEL', KEYS[1], entries[i])
  elseif entries[i] ~= ARGV[1] then
    others = others + tonumber(count)
  end
end
local own = tonumber(ARGV[2])
if own == 0 then
  redis.call('HDEL', KEYS[1], ARGV[1])
elseif own + others <= tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%d:%d', own, now + tonumber(ARGV[4])))
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return others`

/** More than any limit. */
const UNLIMITED = Number.MAX_SAFE_INTEGER

interface Entry {
  connections: number
  /** By `performance.now()`. */
  reportedAtMs: number
}

export interface UserConnectionsOptions {
  /** Of one user; 0: no limit. */
  readonly limit: number
  /** Returns the current client; a rotated password replaces it. */
  readonly redis: () => RedisClient
}

/**
 * Counts the connections of each user: those of all processes in Redis, and those of this one while Redis does not answer
 * at once. What a killed process had counts no more after 150 s.
 */
export class UserConnections {
  readonly #options: UserConnectionsOptions
  readonly #process = randomUUID()
  /** Those that were reported first are the first. */
  readonly #entries = new Map<string, Entry>()
  #restsUntilMs = Number.NEGATIVE_INFINITY
  readonly #timer: NodeJS.Timeout

  constructor(options: UserConnectionsOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#reportOld(), TICK_MS).unref()
  }

  /** Counts one more connection of a user. Call `release` once when it is closed. @throws AppError `rate_limited` */
  async take(user: string): Promise<void> {
    const { limit } = this.#options
    if (limit === 0) return
    const connections = (this.#entries.get(user)?.connections ?? 0) + 1
    if (connections > limit) throw tooMany(limit)
    this.#set(user, connections)
    const others = await this.#report(user, connections, limit)
    if (others === undefined || others + connections <= limit) return
    this.release(user)
    throw tooMany(limit)
  }

  release(user: string): void {
    const entry = this.#entries.get(user)
    if (!entry) return
    const connections = entry.connections - 1
    this.#set(user, connections)
    void this.#report(user, connections, UNLIMITED)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #set(user: string, connections: number): void {
    this.#entries.delete(user)
    if (connections > 0) this.#entries.set(user, { connections, reportedAtMs: performance.now() })
  }

  #reportOld(): void {
    const now = performance.now()
    for (const [user, { connections, reportedAtMs }] of this.#entries) {
      if (now - reportedAtMs < CONNECTIONS_REPORT_MS) return
      this.#set(user, connections)
      void this.#report(user, connections, UNLIMITED)
    }
  }

  /** Returns how many connections the other processes have; undefined without Redis. */
  async #report(user: string, connections: number, limit: number): Promise<number | undefined> {
    const redis = this.#options.redis()
    if (redis.status !== 'ready' || performance.now() < this.#restsUntilMs) return undefined
    const reported = redis.eval(REPORT, 1, keyOf(user), this.#process, connections, limit, CONNECTIONS_REPORT_KEPT_MS)
    try {
      return Number(await within(REDIS_PATIENCE_MS, reported, 'no answer'))
    } catch {
      this.#restsUntilMs = performance.now() + REDIS_REST_MS
      return undefined
    }
  }
}

/** A hash, because Redis must say nothing about people. */
function keyOf(user: string): string {
  return `chat:connections:${createHash('sha256').update(user).digest('base64url')}`
}

function tooMany(limit: number): AppError {
  const message = `a user may have ${limit} connections: close another one`
  return new AppError('rate_limited', message, undefined, { retryAfterSeconds: RETRY_SECONDS })
}

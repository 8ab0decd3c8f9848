import { randomBytes } from 'node:crypto'
import { AppError } from '../support/errors.ts'
import { FEATURE_SETTLE_MS } from '../support/limits.ts'
import type { Database, Row } from './database.ts'
import { NOW_MS } from './sql.ts'

/** How often the row is read until it is on. */
const INTERVAL_MS = 1000
const UNREAD_RETRY_SECONDS = 1
const KEY_BYTES = 32

/** What has been read of the row. */
type State = 'unread' | 'off' | 'on'

/**
 * Whether what only this release and later ones understand may be used. It is off while pods of the release before may
 * run, and is never switched off again.
 */
export class Features {
  readonly #database: Database
  #state: State = 'unread'
  /** By the monotonic clock: from then on every process knows that it is on. */
  #everywhereAtMs = Infinity
  #key: Buffer | undefined
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Whether the rules of rooms hold. Nobody may take "not known yet" for "off": that would open every private room.
   * @throws AppError `unavailable` until the row has been read
   */
  get isOn(): boolean {
    if (this.#state === 'unread') {
      const message = 'the features have not been read from the database yet: try again'
      throw new AppError('unavailable', message, undefined, { retryAfterSeconds: UNREAD_RETRY_SECONDS })
    }
    return this.#state === 'on'
  }

  /**
   * Whether what is new may begin: other processes learn up to a second later that it is on, and would show a private
   * room to everyone until then.
   * @throws AppError `unavailable` until the row has been read
   */
  get isOnEverywhere(): boolean {
    return this.isOn && performance.now() >= this.#everywhereAtMs
  }

  /** The key of the hashes of requests; undefined until the database has been asked. */
  get hashKey(): Buffer | undefined {
    return this.#key
  }

  /** Asks the database once. @throws the driver's error */
  async load(): Promise<void> {
    const [row] = await this.#database.query<Row & { ago_ms: number | null }>(
      `SELECT CAST(${NOW_MS} AS SIGNED) - CAST(enabled_at AS SIGNED) AS ago_ms FROM features WHERE name = 'typed-events'`,
    )
    const agoMs = row?.ago_ms ?? null
    const everywhereAtMs = agoMs === null ? Infinity : performance.now() + FEATURE_SETTLE_MS - agoMs
    try {
      this.#key ??= await this.#loadKey()
    } finally {
      // After the key, so that events have a hash from the beginning; without it where the key cannot be written.
      this.#everywhereAtMs = Math.min(this.#everywhereAtMs, everywhereAtMs)
      if (this.#state !== 'on') this.#state = agoMs === null ? 'off' : 'on'
    }
  }

  /** Asks once a second until it is on and the key is known, or `stop`. */
  follow(onError: (error: unknown) => void): void {
    const next = () => {
      if ((this.#state === 'on' && this.#key) || this.#isStopped) return
      this.#timer = setTimeout(() => void this.load().catch(onError).finally(next), INTERVAL_MS)
      this.#timer.unref()
    }
    void this.load().catch(onError).finally(next)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** It is read before it is made: a server that is read-only refuses to make it, even if it is there. */
  async #loadKey(): Promise<Buffer | undefined> {
    const present = await this.#readKey()
    if (present) return present
    await this.#database.execute("INSERT IGNORE INTO hash_keys (name, hash_key) VALUES ('requests', ?)", [
      randomBytes(KEY_BYTES),
    ])
    return this.#readKey()
  }

  async #readKey(): Promise<Buffer | undefined> {
    const [row] = await this.#database.query<Row & { hash_key: Buffer }>(
      "SELECT hash_key FROM hash_keys WHERE name = 'requests'",
    )
    return row?.hash_key
  }
}

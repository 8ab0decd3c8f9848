import { randomBytes } from 'node:crypto'
import type { Database, Row } from './database.ts'

/** How often the row is read until it is on. */
const INTERVAL_MS = 1000
const KEY_BYTES = 32

/**
 * Whether what only this release and later ones understand may be used. It is off while pods of the release before may
 * run, and is never switched off again.
 */
export class Features {
  readonly #database: Database
  #isOn = false
  #key: Buffer | undefined
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(database: Database) {
    this.#database = database
  }

  /** False until the database has been asked. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** The key of the hashes of requests; undefined until the database has been asked. */
  get hashKey(): Buffer | undefined {
    return this.#key
  }

  /** Asks the database once. @throws the driver's error */
  async load(): Promise<void> {
    this.#key ??= await this.#loadKey()
    const [row] = await this.#database.query<Row & { enabled_at: number | null }>(
      "SELECT enabled_at FROM features WHERE name = 'typed-events'",
    )
    this.#isOn ||= (row?.enabled_at ?? null) !== null
  }

  /** Asks once a second until it is on, or `stop`. */
  follow(onError: (error: unknown) => void): void {
    const next = () => {
      if (this.#isOn || this.#isStopped) return
      this.#timer = setTimeout(() => void this.load().catch(onError).finally(next), INTERVAL_MS)
      this.#timer.unref()
    }
    void this.load().catch(onError).finally(next)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #loadKey(): Promise<Buffer | undefined> {
    await this.#database.execute("INSERT IGNORE INTO hash_keys (name, hash_key) VALUES ('requests', ?)", [
      randomBytes(KEY_BYTES),
    ])
    const [row] = await this.#database.query<Row & { hash_key: Buffer }>(
      "SELECT hash_key FROM hash_keys WHERE name = 'requests'",
    )
    return row?.hash_key
  }
}

import { createHmac, randomBytes } from 'node:crypto'
import type { Database, Row } from './database.ts'

const KEY_NAME = 'channels'
const KEY_BYTES = 32
const NAME_CHARACTERS = 22
const RETRY_MS = 1000

/**
 * The names of the channels that belong to users. They are made with a random key of the database, so that two systems
 * can share one Redis.
 */
export class ChannelNames {
  readonly #database: Database
  readonly #onError: (error: unknown) => void
  #key: Buffer | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(database: Database, onError: (error: unknown) => void) {
    this.#database = database
    this.#onError = onError
  }

  /** Reads the key, again and again until it is there. Until then there are no names. */
  async start(): Promise<void> {
    try {
      this.#key = await this.#read()
    } catch (error) {
      this.#onError(error)
      this.#timer = setTimeout(() => void this.start(), RETRY_MS).unref()
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** Undefined while the key is not known. */
  of(purpose: 'inbox' | 'presence' | 'processes', id: string | number): string | undefined {
    if (!this.#key) return undefined
    return createHmac('sha256', this.#key).update(`${purpose}\0${id}`).digest('base64url').slice(0, NAME_CHARACTERS)
  }

  async #read(): Promise<Buffer> {
    const find = () =>
      this.#database.query<Row & { hash_key: Buffer }>('SELECT hash_key FROM hash_keys WHERE name = ?', [KEY_NAME])
    const [known] = await find()
    if (known) return known.hash_key
    await this.#database.execute('INSERT IGNORE INTO hash_keys (name, hash_key) VALUES (?, ?)', [
      KEY_NAME,
      randomBytes(KEY_BYTES),
    ])
    const [made] = await find()
    if (!made) throw new Error(`the key "${KEY_NAME}" is not in the table hash_keys`)
    return made.hash_key
  }
}

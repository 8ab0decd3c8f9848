import { LRUCache } from 'lru-cache'
import type { Database, Row } from './database.ts'

const MAX_CACHED_IDS = 100_000

/** The ids of users by name. Neither changes. */
export class UserIds {
  readonly #database: Database
  readonly #ids = new LRUCache<string, number>({ max: MAX_CACHED_IDS })

  constructor(database: Database) {
    this.#database = database
  }

  /** Undefined for a user who is not registered. */
  async of(name: string): Promise<number | undefined> {
    const cached = this.#ids.get(name)
    if (cached !== undefined) return cached
    const [row] = await this.#database.query<Row & { id: number }>('SELECT id FROM users WHERE name = ?', [name])
    if (row) this.#ids.set(name, row.id)
    return row?.id
  }
}

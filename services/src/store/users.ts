import { AppError } from '../support/errors.ts'
import type { Database, Row } from './database.ts'
import { isDuplicateKey } from './mysql-errors.ts'

/** Registered users and the hashes of their passwords. */
export class Users {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws AppError `conflict` if the name is taken */
  async add(name: string, passwordHash: string): Promise<void> {
    try {
      await this.#database.execute(
        'INSERT INTO users (name, password_hash, created_at) VALUES (?, ?, UNIX_TIMESTAMP() * 1000)',
        [name, passwordHash],
      )
    } catch (error) {
      if (isDuplicateKey(error)) throw new AppError('conflict', `the name "${name}" is taken: choose another`, 'name')
      throw error
    }
  }

  /** Has no effect when the hash was replaced meanwhile. */
  async replacePasswordHash(name: string, former: string, hash: string): Promise<void> {
    await this.#database.execute('UPDATE users SET password_hash = ? WHERE name = ? AND password_hash = ?', [
      hash,
      name,
      former,
    ])
  }

  async passwordHash(name: string): Promise<string | undefined> {
    const [row] = await this.#database.query<Row & { password_hash: string }>(
      'SELECT password_hash FROM users WHERE name = ?',
      [name],
    )
    return row?.password_hash
  }
}

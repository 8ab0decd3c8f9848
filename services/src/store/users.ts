import { AppError } from '../support/errors.ts'
import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { statement, type Database, type Row } from './database.ts'
import { isDuplicateKey, leavesUsable } from './mysql-errors.ts'
import { takeNameKeys } from './name-keys.ts'

/** Registered users and the hashes of their passwords. */
export class Users {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws AppError `conflict` if the name is taken, or looks like one that is */
  async add(name: string, passwordHash: string): Promise<void> {
    try {
      await this.#database.use((connection) => insertUser(connection, name, passwordHash))
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      throw new AppError('conflict', `the name "${name}" is taken, or looks like one that is: choose another`, 'name')
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

async function insertUser(connection: PoolConnection, name: string, passwordHash: string): Promise<void> {
  await statement(connection, 'START TRANSACTION')
  try {
    const { insertId } = await statement<ResultSetHeader>(
      connection,
      'INSERT INTO users (name, password_hash, created_at) VALUES (?, ?, UNIX_TIMESTAMP() * 1000)',
      [name, passwordHash],
    )
    await takeNameKeys(connection, insertId, name)
    await statement(connection, 'COMMIT')
  } catch (error) {
    if (leavesUsable(error)) await statement(connection, 'ROLLBACK').catch(() => connection.destroy())
    throw error
  }
}

import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { AppError } from '../support/errors.ts'
import { statement, type Database, type Row } from './database.ts'
import { isDuplicateKey } from './mysql-errors.ts'
import { takeNameKeys } from './name-keys.ts'
import { NOW_MS } from './sql.ts'
import { inTransaction } from './transaction.ts'

export type Role = 'user' | 'staff' | 'admin'
/** Of an account: a person with a password, a visitor of a page without one, or a program. */
export type AccountKind = 'user' | 'visitor' | 'bot'

/** The last millisecond of the year 9999: the end of a ban without an end. */
export const NEVER_MS = 253_402_300_799_999

/** What a log-in needs of a user. */
export interface Credentials {
  readonly id: number
  readonly passwordHash: string
  /** Raised by whatever ends all sessions of the user. */
  readonly generation: number
  /** Milliseconds since 1970, by the database's clock; undefined if the user is not banned now. */
  readonly bannedUntil: number | undefined
}

type CredentialsRow = Row & { id: number; password_hash: string; generation: number; banned_until: number | null }

/** Registered users and the hashes of their passwords. */
export class Users {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Returns the id of the new user.
   *
   * @param admit is run before, in the same transaction: what it throws undoes all
   * @throws AppError `conflict` if the name is taken, or looks like one that is
   */
  async add(
    name: string,
    passwordHash: string,
    admit: (connection: PoolConnection) => Promise<void> = () => Promise.resolve(),
  ): Promise<number> {
    const work = async (connection: PoolConnection) => {
      await admit(connection)
      return insertUser(connection, name, passwordHash)
    }
    try {
      return await inTransaction(this.#database, work, { attempts: 3 })
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

  /** Undefined for a name that nobody has, and for accounts that have no password or were deleted. */
  async credentials(name: string): Promise<Credentials | undefined> {
    const [row] = await this.#database.query<CredentialsRow>(
      `SELECT id, password_hash, generation, IF(banned_until > ${NOW_MS}, banned_until, NULL) AS banned_until
       FROM users WHERE name = ? AND kind = 'user' AND deleted_at IS NULL`,
      [name],
    )
    return (
      row && {
        id: row.id,
        passwordHash: row.password_hash,
        generation: row.generation,
        bannedUntil: row.banned_until ?? undefined,
      }
    )
  }
}

async function insertUser(connection: PoolConnection, name: string, passwordHash: string): Promise<number> {
  const { insertId } = await statement<ResultSetHeader>(
    connection,
    'INSERT INTO users (name, password_hash, created_at) VALUES (?, ?, UNIX_TIMESTAMP() * 1000)',
    [name, passwordHash],
  )
  await takeNameKeys(connection, insertId, name)
  return insertId
}

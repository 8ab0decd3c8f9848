import { createHash, randomBytes } from 'node:crypto'
import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { AppError } from '../support/errors.ts'
import { MAX_OPEN_INVITATIONS } from '../support/limits.ts'
import { numberIn, pageOf } from './cursor.ts'
import { statement, type Database, type Row } from './database.ts'
import { NOW_MS } from './sql.ts'

/** An invitation that people can still register with. Times are milliseconds since 1970, by the database's clock. */
export interface ListedInvitation {
  readonly id: number
  /** Who has made it. */
  readonly by: string
  readonly at: number
  readonly expiresAt: number
  readonly usesLeft: number
}

type InvitationRow = Row & {
  id: number
  name: string
  created_at: number
  expires_at: number
  uses_left: number
}

const CODE_BYTES = 18
/** Whoever has made it may still make some. */
const CAN_BE_USED = `registration_invitations.uses_left > 0 AND registration_invitations.expires_at > ${NOW_MS}
  AND EXISTS (SELECT 1 FROM users AS maker WHERE maker.id = registration_invitations.created_by
    AND maker.role <> 'user' AND maker.deleted_at IS NULL AND COALESCE(maker.banned_until <= ${NOW_MS}, TRUE))`

/** By what people register where that is not open. */
export class RegistrationInvitations {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Makes one. Its code is returned once: only a hash is stored.
   *
   * @param by the id of the user who makes it
   * @throws AppError `conflict` if there are too many
   */
  async add(by: number, { uses, lengthMs }: { uses: number; lengthMs: number }): Promise<{ id: number; code: string }> {
    const [open] = await this.#database.query<Row & { count: number }>(
      `SELECT COUNT(*) AS count FROM (SELECT 1 FROM registration_invitations WHERE ${CAN_BE_USED} LIMIT ?) AS counted`,
      [MAX_OPEN_INVITATIONS],
    )
    if ((open?.count ?? 0) >= MAX_OPEN_INVITATIONS)
      throw new AppError(
        'conflict',
        `there are ${MAX_OPEN_INVITATIONS} invitations: end some, or use fewer with more uses`,
      )
    const code = randomBytes(CODE_BYTES).toString('base64url')
    const { insertId: id } = await this.#database.execute(
      `INSERT INTO registration_invitations (code_hash, created_by, created_at, expires_at, uses_left)
       VALUES (?, ?, ${NOW_MS}, ${NOW_MS} + ?, ?)`,
      [hashOf(code), by, lengthMs, uses],
    )
    return { id, code }
  }

  /** Those that can be used, the oldest first. @param cursor the `next` of the page before */
  async page(
    cursor: string | undefined,
    limit: number,
  ): Promise<{ invitations: readonly ListedInvitation[]; next?: string }> {
    const rows = await this.#database.query<InvitationRow>(
      `SELECT registration_invitations.id, users.name, registration_invitations.created_at, expires_at, uses_left
       FROM registration_invitations JOIN users ON users.id = registration_invitations.created_by
       WHERE registration_invitations.id > ? AND ${CAN_BE_USED} ORDER BY registration_invitations.id LIMIT ?`,
      [numberIn(cursor), limit + 1],
    )
    const { found, next } = pageOf(rows, limit, ({ id }) => id)
    return {
      invitations: found.map(({ id, name: by, created_at: at, expires_at: expiresAt, uses_left: usesLeft }) => {
        return { id, by, at, expiresAt, usesLeft }
      }),
      ...next,
    }
  }

  /** Nobody can use it any more. @returns whether there was one */
  async end(id: number): Promise<boolean> {
    const { affectedRows } = await this.#database.execute('DELETE FROM registration_invitations WHERE id = ?', [id])
    return affectedRows > 0
  }
}

/** Uses an invitation, in the transaction that makes the user. @throws AppError `forbidden` if it cannot be used */
export async function useInvitation(connection: PoolConnection, code: string): Promise<void> {
  const hash = hashOf(code)
  const { affectedRows } = await statement<ResultSetHeader>(
    connection,
    `UPDATE registration_invitations SET uses_left = uses_left - 1 WHERE code_hash = ? AND ${CAN_BE_USED}`,
    [hash],
  )
  if (affectedRows === 0)
    throw new AppError('forbidden', 'this invitation is unknown, used up or over: ask for another one', 'invitation')
  await statement(connection, 'DELETE FROM registration_invitations WHERE code_hash = ? AND uses_left = 0', [hash])
}

function hashOf(code: string): Buffer {
  return createHash('sha256').update(code).digest()
}

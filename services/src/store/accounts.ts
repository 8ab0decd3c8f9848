import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { AppError } from '../support/errors.ts'
import { noteShutUser } from './account-work.ts'
import { audit, type Act, type AuditEntry } from './audit.ts'
import { statement, type Database, type Row } from './database.ts'
import { addRevocation } from './revocations.ts'
import { NOW_MS } from './sql.ts'
import { inTransaction } from './transaction.ts'
import { NEVER_MS, type AccountKind, type Role } from './users.ts'

/** Of what a deadlock may undo. */
const RETRIED = { attempts: 3 }
const RANKS: Readonly<Record<Role, number>> = { user: 0, staff: 1, admin: 2 }

export interface AccountsOptions {
  /** The longest life of a token. A revocation of a user is kept as long. */
  readonly sessionMs: number
  /** What becomes of the messages of users who are deleted. */
  readonly deletedMessages: 'keep' | 'recall'
}

type AccountRow = Row & { id: number; kind: AccountKind; role: Role; banned_until: number | null }

/** Changes of accounts that end sessions: each raises the user's generation. */
export class Accounts {
  readonly #database: Database
  readonly #options: AccountsOptions

  constructor(database: Database, options: AccountsOptions) {
    this.#database = database
    this.#options = options
  }

  /**
   * Bans a user, or changes until when. The rooms of the user get another owner afterwards.
   *
   * @param until milliseconds since 1970; undefined without an end
   * @returns `absent` without such a user, `outranked` if the user's role is as high as that of `act` or higher
   */
  ban(name: string, until: number | undefined, act: Act): Promise<'done' | 'absent' | 'outranked'> {
    return this.#change(name, act, async (connection, { id, banned_until: before }) => {
      const after = until ?? NEVER_MS
      await statement(connection, 'UPDATE users SET banned_until = ?, generation = generation + 1 WHERE id = ?', [
        after,
        id,
      ])
      await this.#revoke(connection, name)
      await noteShutUser(connection, id)
      return { action: 'ban', before: { bannedUntil: before }, after: { bannedUntil: after } }
    })
  }

  /** Ends a ban. The user logs in anew. @returns as `ban` does */
  unban(name: string, act: Act): Promise<'done' | 'absent' | 'outranked'> {
    return this.#change(name, act, async (connection, { id, banned_until: before }) => {
      await statement(connection, 'UPDATE users SET banned_until = NULL WHERE id = ?', [id])
      return { action: 'unban', before: { bannedUntil: before }, after: { bannedUntil: null } }
    })
  }

  /**
   * Gives a user another role, with which the user logs in anew.
   *
   * @returns as `ban` does
   * @throws AppError `refused` for a visitor or a program
   */
  setRole(name: string, role: Role, act: Act): Promise<'done' | 'absent' | 'outranked'> {
    return this.#change(name, act, async (connection, { id, kind, role: before }) => {
      if (kind !== 'user')
        throw new AppError('refused', `"${name}" is a ${kind}: name a user who logs in with a password`, 'name')
      await statement(connection, 'UPDATE users SET role = ?, generation = generation + 1 WHERE id = ?', [role, id])
      await this.#revoke(connection, name)
      return { action: 'role', before: { role: before }, after: { role } }
    })
  }

  /** Ends all sessions of a user, who may log in again. @returns as `ban` does */
  endSessions(name: string, act: Act): Promise<'done' | 'absent' | 'outranked'> {
    return this.#change(name, act, async (connection, { id }) => {
      await statement(connection, 'UPDATE users SET generation = generation + 1 WHERE id = ?', [id])
      await this.#revoke(connection, name)
      return { action: 'end_sessions' }
    })
  }

  /** Changes an account, if the actor's role allows it, and notes it in the same transaction. */
  #change(
    name: string,
    act: Act,
    work: (connection: PoolConnection, user: AccountRow) => Promise<Pick<AuditEntry, 'action' | 'before' | 'after'>>,
  ): Promise<'done' | 'absent' | 'outranked'> {
    return inTransaction(
      this.#database,
      async (connection) => {
        const [user] = await statement<AccountRow[]>(
          connection,
          'SELECT id, kind, role, banned_until FROM users WHERE name = ? AND deleted_at IS NULL FOR UPDATE',
          [name],
        )
        if (!user) return 'absent'
        if (RANKS[user.role] >= RANKS[act.role]) return 'outranked'
        await audit(connection, act, { ...(await work(connection, user)), subject: name, subjectKind: 'user' })
        return 'done'
      },
      RETRIED,
    )
  }

  /**
   * Changes a password, which ends all sessions but one.
   *
   * @param user `session` is the id of the one that goes on
   * @param former the hash with which the old password was compared
   * @returns the user's generation; undefined if the password was changed meanwhile
   */
  changePassword(
    user: { id: number; name: string; session: string | undefined },
    former: string,
    hash: string,
  ): Promise<number | undefined> {
    return inTransaction(
      this.#database,
      async (connection) => {
        const { affectedRows } = await statement<ResultSetHeader>(
          connection,
          'UPDATE users SET password_hash = ?, generation = generation + 1 WHERE id = ? AND password_hash = ?',
          [hash, user.id, former],
        )
        if (affectedRows === 0) return undefined
        const [row] = await statement<(Row & { generation: number })[]>(
          connection,
          'SELECT generation FROM users WHERE id = ?',
          [user.id],
        )
        const generation = row?.generation ?? 0
        await statement(connection, 'UPDATE sessions SET generation = ? WHERE id = ? AND user = ?', [
          generation,
          user.session ?? '',
          user.id,
        ])
        await this.#revoke(connection, user.name)
        return generation
      },
      RETRIED,
    )
  }

  /**
   * Deletes a user: the name stays, so that nobody else has it, and nothing else that says who it was. The memberships end,
   * and the messages are recalled if they are to be, afterwards.
   *
   * @param former the hash with which the password was compared
   * @returns false if the password was changed meanwhile
   */
  remove({ id, name }: { id: number; name: string }, former: string): Promise<boolean> {
    return inTransaction(
      this.#database,
      async (connection) => {
        const { affectedRows } = await statement<ResultSetHeader>(
          connection,
          `UPDATE users SET deleted_at = ${NOW_MS}, generation = generation + 1, password_hash = '', display_name = NULL
           WHERE id = ? AND password_hash = ? AND deleted_at IS NULL`,
          [id, former],
        )
        if (affectedRows === 0) return false
        for (const table of ['sessions', 'blocks', 'invitations'])
          await statement(connection, `DELETE FROM ${table} WHERE user = ?`, [id])
        await this.#revoke(connection, name)
        await noteShutUser(connection, id, { recallsMessages: this.#options.deletedMessages === 'recall' })
        return true
      },
      RETRIED,
    )
  }

  /** By this the processes learn of it, and release 0.1.0 refuses the user's tokens. */
  async #revoke(connection: PoolConnection, name: string): Promise<void> {
    const [row] = await statement<(Row & { now: number })[]>(connection, `SELECT ${NOW_MS} AS now`)
    await addRevocation(connection, 'user', name, Number(row?.now) + this.#options.sessionMs)
  }
}

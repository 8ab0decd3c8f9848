import type { PoolConnection } from 'mysql2/promise'
import { statement, type Database, type Row } from './database.ts'
import { NOW_MS } from './sql.ts'

export type RevocationKind = 'token' | 'user'

export interface Revocation {
  readonly kind: RevocationKind
  /** The token's id (`jti`) or the user's name. */
  readonly subject: string
  /** Tokens of a user that were issued before are invalid; milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

type RevocationRow = Row & { kind: RevocationKind; subject: string; created_at: number; expires_at: number }

const COLUMNS = 'kind, subject, created_at, expires_at'

/** How many expired rows one statement removes: its locks are held for a moment only. */
const PURGED_ROWS = 1000
/** Other ids are of tokens without a session. */
const SESSION_ID = /^[A-Za-z0-9_-]{22}$/

/**
 * Logouts, sessions that ended, bans and changed passwords, for the processes that follow them. They are in the database,
 * so that a flushed Redis undoes none of them.
 */
export class Revocations {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @param expiresAt milliseconds since 1970 */
  async add(kind: RevocationKind, subject: string, expiresAt: number): Promise<void> {
    await this.#database.use((connection) => addRevocation(connection, kind, subject, expiresAt))
  }

  /** Revocations of the last `withinMs` by the database's clock, at most `limit`, the newest first. */
  async added(withinMs: number, limit: number): Promise<Revocation[]> {
    const rows = await this.#database.query<RevocationRow>(
      `SELECT ${COLUMNS} FROM revocations
       WHERE created_at >= ${NOW_MS} - ? ORDER BY created_at DESC LIMIT ?`,
      [withinMs, limit],
    )
    return rows.map(toRevocation)
  }

  /** The database's clock, in milliseconds since 1970. */
  async now(): Promise<number> {
    const [row] = await this.#database.query<Row & { now: number }>(`SELECT ${NOW_MS} AS now`)
    return Number(row?.now)
  }

  /** Removes the revocations and the sessions that have expired, until none is left or `signal` is aborted. */
  async purge(signal?: AbortSignal): Promise<void> {
    await this.#purge('revocations', signal)
    await this.#purge('sessions', signal)
  }

  async #purge(table: 'revocations' | 'sessions', signal?: AbortSignal): Promise<void> {
    for (;;) {
      // The index has all that this reads. A DELETE by time would be a scan of the table when many rows have expired.
      const rows = await this.#database.query<Row & { id: number | string }>(
        `SELECT id FROM ${table} WHERE expires_at < ${NOW_MS} ORDER BY expires_at LIMIT ${PURGED_ROWS}`,
      )
      if (rows.length === 0 || signal?.aborted === true) return
      if (table === 'revocations') await this.#endSessions(rows.map(({ id }) => id))
      // A row may have got a later time meanwhile.
      await this.#database.execute(`DELETE FROM ${table} WHERE id IN (?) AND expires_at < ${NOW_MS}`, [
        rows.map(({ id }) => id),
      ])
    }
  }

  /** A session whose log-out was only revoked, as release 0.1.0 does, would go on after the revocation. */
  async #endSessions(revocations: readonly (number | string)[]): Promise<void> {
    const rows = await this.#database.query<Row & { subject: string }>(
      `SELECT subject FROM revocations WHERE id IN (?) AND kind = 'token'`,
      [revocations],
    )
    await this.endSessions(rows.map(({ subject }) => subject))
  }

  /** Ends those of the revoked tokens' sessions that go on. @param tokens by id, which is that of the session */
  async endSessions(tokens: readonly string[]): Promise<void> {
    const sessions = tokens.filter((token) => SESSION_ID.test(token))
    if (sessions.length === 0) return
    await this.#database.execute(`UPDATE sessions SET ended_at = ${NOW_MS} WHERE id IN (?) AND ended_at IS NULL`, [
      sessions,
    ])
  }
}

/** @param expiresAt milliseconds since 1970 */
export async function addRevocation(
  connection: PoolConnection,
  kind: RevocationKind,
  subject: string,
  expiresAt: number,
): Promise<void> {
  await statement(
    connection,
    `INSERT INTO revocations (kind, subject, created_at, expires_at) VALUES (?, ?, ${NOW_MS}, ?)
     ON DUPLICATE KEY UPDATE created_at = VALUES(created_at), expires_at = GREATEST(expires_at, VALUES(expires_at))`,
    [kind, subject, expiresAt],
  )
}

function toRevocation(row: RevocationRow): Revocation {
  return {
    kind: row.kind,
    subject: row.subject,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

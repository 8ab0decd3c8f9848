import type { Database, Row } from './database.ts'

export type RevocationKind = 'token' | 'user'

export interface Revocation {
  readonly kind: RevocationKind
  /** The token's id (`jti`) or the user's name. */
  readonly subject: string
  /** Tokens of a user issued before are worthless; milliseconds since 1970. */
  readonly createdAt: number
  readonly expiresAt: number
}

type RevocationRow = Row & { kind: RevocationKind; subject: string; created_at: number; expires_at: number }

const columns = 'kind, subject, created_at, expires_at'

/** Log-outs and bans. They live in the database, so that a flushed Redis takes none of them back. */
export class Revocations {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async add(kind: RevocationKind, subject: string, expiresAt: number): Promise<void> {
    await this.#database.execute(
      `INSERT INTO revocations (kind, subject, created_at, expires_at) VALUES (?, ?, UNIX_TIMESTAMP(NOW(3)) * 1000, ?)
       ON DUPLICATE KEY UPDATE created_at = VALUES(created_at), expires_at = GREATEST(expires_at, VALUES(expires_at))`,
      [kind, subject, expiresAt],
    )
  }

  /** What is said against a token of this id and this user. */
  async find(tokenId: string, user: string): Promise<Revocation[]> {
    const rows = await this.#database.query<RevocationRow>(
      `SELECT ${columns} FROM revocations WHERE (kind = 'token' AND subject = ?) OR (kind = 'user' AND subject = ?)`,
      [tokenId, user],
    )
    return rows.map(toRevocation)
  }

  /** What was added within the last `withinMs` by the database's clock, at most `limit`, the newest first. */
  async added(withinMs: number, limit: number): Promise<Revocation[]> {
    const rows = await this.#database.query<RevocationRow>(
      `SELECT ${columns} FROM revocations
       WHERE created_at >= CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) - ? ORDER BY created_at DESC LIMIT ?`,
      [withinMs, limit],
    )
    return rows.map(toRevocation)
  }

  /** Removes what no valid token can meet any more. */
  async purge(): Promise<void> {
    await this.#database.execute('DELETE FROM revocations WHERE expires_at < UNIX_TIMESTAMP() * 1000 LIMIT 1000')
  }
}

function toRevocation(row: RevocationRow): Revocation {
  return {
    kind: row.kind,
    subject: row.subject,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

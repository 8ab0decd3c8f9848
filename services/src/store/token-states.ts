import type { Database, Row } from './database.ts'
import { NOW_MS } from './sql.ts'
import type { AccountKind, Role } from './users.ts'

/** What the database knows of a token's user and session. */
export interface TokenState {
  readonly userId: number
  readonly role: Role
  readonly kind: AccountKind
  readonly generation: number
  /** The account is banned now, or was deleted. */
  readonly isShut: boolean
  /** The token's session has not ended, and is this user's. */
  readonly isSessionOpen: boolean
  readonly isTokenRevoked: boolean
  /** Tokens of release 0.1.0 that were issued before are invalid; milliseconds since 1970. */
  readonly userRevokedAt: number | undefined
}

type StateRow = Row & {
  id: number
  role: Role
  kind: AccountKind
  generation: number
  is_shut: number
  is_session_open: number
  is_token_revoked: number
  user_revoked_at: number | null
}

/** Reads what may have happened to tokens since they were issued. */
export class TokenStates {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Undefined if the user does not exist.
   * @param token `sessionId` is undefined for a token of release 0.1.0
   */
  async find(token: {
    user: string
    tokenId: string
    sessionId?: string | undefined
  }): Promise<TokenState | undefined> {
    const [row] = await this.#database.query<StateRow>(
      `SELECT users.id, users.role, users.kind, users.generation,
         users.deleted_at IS NOT NULL OR COALESCE(users.banned_until > ${NOW_MS}, FALSE) AS is_shut,
         COALESCE(sessions.user = users.id AND sessions.ended_at IS NULL, FALSE) AS is_session_open,
         of_token.id IS NOT NULL AS is_token_revoked,
         of_user.created_at AS user_revoked_at
       FROM users
       LEFT JOIN sessions ON sessions.id = ?
       LEFT JOIN revocations AS of_token ON of_token.kind = 'token' AND of_token.subject = ?
       LEFT JOIN revocations AS of_user ON of_user.kind = 'user' AND of_user.subject = ?
       WHERE users.name = ?`,
      [token.sessionId ?? '', token.tokenId, token.user, token.user],
    )
    return row && toState(row)
  }

  /** The open sessions of these users, whose other sessions have ended. */
  async openSessions(users: readonly string[]): Promise<Set<string>> {
    if (users.length === 0) return new Set()
    const rows = await this.#database.query<Row & { id: string }>(
      `SELECT sessions.id FROM users JOIN sessions ON sessions.user = users.id AND sessions.generation = users.generation
       WHERE users.name IN (?) AND sessions.ended_at IS NULL
         AND users.deleted_at IS NULL AND COALESCE(users.banned_until <= ${NOW_MS}, TRUE)`,
      [users],
    )
    return new Set(rows.map(({ id }) => id))
  }
}

function toState(row: StateRow): TokenState {
  return {
    userId: row.id,
    role: row.role,
    kind: row.kind,
    generation: row.generation,
    isShut: row.is_shut === 1,
    isSessionOpen: row.is_session_open === 1,
    isTokenRevoked: row.is_token_revoked === 1,
    userRevokedAt: row.user_revoked_at ?? undefined,
  }
}

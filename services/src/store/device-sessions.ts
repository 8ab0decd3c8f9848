import { randomBytes } from 'node:crypto'
import type { PoolConnection } from 'mysql2/promise'
import { MAX_SESSIONS_OF_USER } from '../support/limits.ts'
import { statement, type Database, type Row } from './database.ts'
import { addRevocation } from './revocations.ts'
import { NOW_MS } from './sql.ts'
import { inTransaction } from './transaction.ts'

const ID_BYTES = 16
/** Of what a deadlock may undo. */
const RETRIED = { attempts: 3 }

/** A device that logs in. Times are milliseconds since 1970 by the database's clock. */
export interface NewSession {
  readonly userId: number
  /** Of the user, read with the password: what raises it meanwhile ends this session too. */
  readonly generation: number
  readonly refreshHash: Buffer
  readonly deviceHash: Buffer | undefined
  readonly deviceName: string | undefined
  readonly address: string
  readonly lengthMs: number
}

export interface OpenedSession {
  readonly id: string
  readonly openedAt: number
  readonly expiresAt: number
}

/** A session as its user sees it. */
export interface ListedSession {
  readonly id: string
  readonly name: string | undefined
  /** From which it logged in or refreshed its token last. */
  readonly address: string | undefined
  readonly createdAt: number
  readonly refreshedAt: number
  readonly expiresAt: number
}

/** What decides about a refresh token; the session's row is locked. */
export interface RefreshState {
  readonly user: string
  readonly generation: number
  readonly refreshHash: Buffer
  readonly previousHash: Buffer | undefined
  readonly deviceHash: Buffer | undefined
  readonly refreshedAt: number
  readonly expiresAt: number
  readonly now: number
}

/** The session gets another refresh token, goes on with the one that it has, or ends. */
export type RefreshDecision = { readonly kind: 'next'; readonly hash: Buffer } | { readonly kind: 'same' | 'end' }

type ListedRow = Row & {
  id: string
  device_name: string | null
  address: string | null
  created_at: number
  refreshed_at: number
  expires_at: number
}

type LockedRow = Row & {
  user: number
  generation: number
  refresh_hash: Buffer
  previous_hash: Buffer | null
  device_hash: Buffer | null
  refreshed_at: number
  expires_at: number
  now: number
}

/**
 * The devices that are logged in. A session is open until it ends or expires, or its user's generation is raised. Whatever
 * ends one also revokes the token with its id, which processes follow.
 */
export class DeviceSessions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Opens a session. The oldest of the user ends if it is one too many. @throws the driver's error */
  open(session: NewSession): Promise<OpenedSession> {
    const id = randomBytes(ID_BYTES).toString('base64url')
    return inTransaction(
      this.#database,
      async (connection) => {
        const [row] = await statement<(Row & { now: number })[]>(connection, `SELECT ${NOW_MS} AS now`)
        const openedAt = Number(row?.now)
        const expiresAt = openedAt + session.lengthMs
        await statement(
          connection,
          `INSERT INTO sessions
           (id, user, generation, refresh_hash, device_hash, device_name, address, created_at, refreshed_at, expires_at)
         VALUES (?)`,
          [
            [
              id,
              session.userId,
              session.generation,
              session.refreshHash,
              session.deviceHash,
              session.deviceName,
              session.address,
              openedAt,
              openedAt,
              expiresAt,
            ],
          ],
        )
        await endSurplus(connection, session.userId)
        return { id, openedAt, expiresAt }
      },
      RETRIED,
    )
  }

  /**
   * Lets `decide` say what becomes of a session, and does it. Undefined if the session is not open or its user is banned.
   *
   * @throws the driver's error; what `decide` throws, and nothing is changed
   */
  refresh(
    id: string,
    address: string,
    decide: (state: RefreshState) => RefreshDecision,
  ): Promise<{ state: RefreshState; decision: RefreshDecision } | undefined> {
    return inTransaction(
      this.#database,
      async (connection) => {
        const state = await lock(connection, id)
        if (!state) return undefined
        const decision = decide(state)
        if (decision.kind === 'end') await end(connection, id, state.expiresAt)
        if (decision.kind === 'next')
          await statement(
            connection,
            `UPDATE sessions SET refresh_hash = ?, previous_hash = ?, refreshed_at = ?, address = ? WHERE id = ?`,
            [decision.hash, state.refreshHash, state.now, address, id],
          )
        return { state, decision }
      },
      RETRIED,
    )
  }

  /** The open sessions of a user, the newest first. */
  async list(userId: number): Promise<ListedSession[]> {
    const rows = await this.#database.query<ListedRow>(
      `SELECT sessions.id, device_name, address, sessions.created_at, refreshed_at, expires_at
       FROM users JOIN sessions ON sessions.user = users.id AND sessions.generation = users.generation
       WHERE users.id = ? AND ended_at IS NULL AND expires_at > ${NOW_MS}
       ORDER BY sessions.created_at DESC LIMIT ${MAX_SESSIONS_OF_USER}`,
      [userId],
    )
    return rows.map((row) => ({
      id: row.id,
      name: row.device_name ?? undefined,
      address: row.address ?? undefined,
      createdAt: row.created_at,
      refreshedAt: row.refreshed_at,
      expiresAt: row.expires_at,
    }))
  }

  /** Ends a session of a user. Returns whether it was open. */
  end(id: string, userId: number): Promise<boolean> {
    return inTransaction(
      this.#database,
      async (connection) => {
        const [row] = await statement<(Row & { expires_at: number })[]>(
          connection,
          `SELECT expires_at FROM sessions
         WHERE id = ? AND user = ? AND ended_at IS NULL AND expires_at > ${NOW_MS} FOR UPDATE`,
          [id, userId],
        )
        if (row) await end(connection, id, row.expires_at)
        return row !== undefined
      },
      RETRIED,
    )
  }
}

async function lock(connection: PoolConnection, id: string): Promise<RefreshState | undefined> {
  const [row] = await statement<LockedRow[]>(
    connection,
    `SELECT user, generation, refresh_hash, previous_hash, device_hash, refreshed_at, expires_at, ${NOW_MS} AS now
     FROM sessions WHERE id = ? AND ended_at IS NULL AND expires_at > ${NOW_MS} FOR UPDATE`,
    [id],
  )
  if (!row) return undefined
  // So a pod of release 0.1.0 logs out, which knows no sessions. The session must end before its revocation expires.
  const revoked = await statement<Row[]>(
    connection,
    "SELECT id FROM revocations WHERE kind = 'token' AND subject = ?",
    [id],
  )
  if (revoked.length > 0) {
    await end(connection, id, row.expires_at)
    return undefined
  }
  // Not joined above: that would lock the user too.
  const [user] = await statement<(Row & { name: string })[]>(
    connection,
    `SELECT name FROM users
     WHERE id = ? AND generation = ? AND deleted_at IS NULL AND COALESCE(banned_until <= ${NOW_MS}, TRUE)`,
    [row.user, row.generation],
  )
  return (
    user && {
      user: user.name,
      generation: row.generation,
      refreshHash: row.refresh_hash,
      previousHash: row.previous_hash ?? undefined,
      deviceHash: row.device_hash ?? undefined,
      refreshedAt: row.refreshed_at,
      expiresAt: row.expires_at,
      now: row.now,
    }
  )
}

async function end(connection: PoolConnection, id: string, expiresAt: number): Promise<void> {
  await statement(connection, `UPDATE sessions SET ended_at = ${NOW_MS} WHERE id = ?`, [id])
  await addRevocation(connection, 'token', id, expiresAt)
}

async function endSurplus(connection: PoolConnection, userId: number): Promise<void> {
  const rows = await statement<(Row & { id: string; expires_at: number })[]>(
    connection,
    `SELECT id, expires_at FROM sessions WHERE user = ? AND ended_at IS NULL AND expires_at > ${NOW_MS}
     ORDER BY created_at DESC LIMIT 100 OFFSET ${MAX_SESSIONS_OF_USER}`,
    [userId],
  )
  for (const { id, expires_at: expiresAt } of rows) await end(connection, id, expiresAt)
}

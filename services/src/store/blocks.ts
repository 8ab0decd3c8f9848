import { LRUCache } from 'lru-cache'
import type { PoolConnection } from 'mysql2/promise'
import { DIRECT } from '../policy/room-kinds.ts'
import { AppError } from '../support/errors.ts'
import { MAX_BLOCKS_OF_USER, MEMBERSHIP_CACHE_MS } from '../support/limits.ts'
import { numberIn, pageOf } from './cursor.ts'
import { statement, type Database, type Row } from './database.ts'
import { NOW_MS } from './sql.ts'
import { inTransaction } from './transaction.ts'

/** A user whom another one has blocked. */
export interface ListedBlock {
  readonly user: string
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
}

/** Of these rooms, all direct ones: whom the other one does not hear. */
export const SHUT_PEERS = `SELECT me.room, me.member AS name
  FROM memberships AS me JOIN memberships AS other ON other.room = me.room AND other.user <> me.user
  JOIN users AS peer ON peer.id = other.user
  WHERE me.room IN (?) AND (peer.deleted_at IS NOT NULL OR COALESCE(peer.banned_until > ${NOW_MS}, FALSE)
    OR EXISTS (SELECT 1 FROM blocks WHERE blocks.user = me.user AND blocks.blocked = other.user)
    OR EXISTS (SELECT 1 FROM blocks WHERE blocks.user = other.user AND blocks.blocked = me.user))`

const MAX_CACHED = 100_000
/** How often it is tried while deadlocks undo it. */
const ATTEMPTS = 3
/** By name, so that it is the clock of a test, too. */
const MONOTONIC = { now: () => performance.now() }

/** Who has blocked whom. A block works for both. */
export class Blocks {
  readonly #database: Database
  /** It never changes. */
  readonly #isDirect = new LRUCache<number, boolean>({ max: MAX_CACHED })
  readonly #unheard = new LRUCache<number, ReadonlySet<string>>({
    max: MAX_CACHED,
    ttl: MEMBERSHIP_CACHE_MS,
    perf: MONOTONIC,
  })

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Blocks a user by name. The direct room of the two is locked, so that no message gets a number in it after this.
   *
   * @returns whether the user was blocked already
   * @throws AppError `not_found`, `conflict` if the user has blocked too many
   */
  async add(user: number, name: string): Promise<boolean> {
    const work = async (connection: PoolConnection) => {
      const blocked = await idOf(connection, name)
      const key = [user, blocked].sort((a, b) => a - b).join(':')
      await statement(connection, 'SELECT id FROM rooms WHERE direct_key = ? FOR UPDATE', [key])
      const [row] = await statement<(Row & { blocks: number; is_blocked: number })[]>(
        connection,
        'SELECT COUNT(*) AS blocks, COALESCE(SUM(blocked = ?), 0) AS is_blocked FROM blocks WHERE user = ?',
        [blocked, user],
      )
      if (Number(row?.is_blocked) > 0) return true
      if ((row?.blocks ?? 0) >= MAX_BLOCKS_OF_USER)
        throw new AppError('conflict', `you have blocked ${MAX_BLOCKS_OF_USER} users: unblock some first`, 'user')
      const insert = `INSERT IGNORE INTO blocks (user, blocked, created_at) VALUES (?, ?, ${NOW_MS})`
      await statement(connection, insert, [user, blocked])
      return false
    }
    return inTransaction(this.#database, work, { attempts: ATTEMPTS })
  }

  /** Has no effect on a user who is not blocked. @throws AppError `not_found` */
  async remove(user: number, name: string): Promise<void> {
    await this.#database.use(async (connection) => {
      const blocked = await idOf(connection, name)
      await statement(connection, 'DELETE FROM blocks WHERE user = ? AND blocked = ?', [user, blocked])
    })
  }

  /** Whom a user has blocked. @param cursor the `next` of the page before */
  async page(
    user: number,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ blocks: readonly ListedBlock[]; next?: string }> {
    const rows = await this.#database.query<Row & { blocked: number; name: string; created_at: number }>(
      `SELECT blocks.blocked, users.name, blocks.created_at FROM blocks JOIN users ON users.id = blocks.blocked
       WHERE blocks.user = ? AND blocks.blocked > ? ORDER BY blocks.blocked LIMIT ?`,
      [user, numberIn(cursor), limit + 1],
    )
    const { found, next } = pageOf(rows, limit, ({ blocked }) => blocked)
    return { blocks: found.map(({ name, created_at: at }) => ({ user: name, at })), ...next }
  }

  /** Whether the other one of a direct room does not hear this user; false in other rooms. It may be a second old. */
  async isUnheard(room: number, user: string): Promise<boolean> {
    if (!(await this.#isDirectRoom(room))) return false
    const known = this.#unheard.get(room)
    if (known) return known.has(user)
    const rows = await this.#database.query<Row & { name: string }>(SHUT_PEERS, [[room]])
    const unheard = new Set(rows.map(({ name }) => name))
    this.#unheard.set(room, unheard)
    return unheard.has(user)
  }

  async #isDirectRoom(room: number): Promise<boolean> {
    const known = this.#isDirect.get(room)
    if (known !== undefined) return known
    const [row] = await this.#database.query<Row & { kind: string }>('SELECT kind FROM rooms WHERE id = ?', [room])
    const isDirect = row?.kind === DIRECT.name
    this.#isDirect.set(room, isDirect)
    return isDirect
  }

  /** Those of the named users who have blocked this one, or whom this one has blocked. */
  async among(user: number, names: readonly string[]): Promise<ReadonlySet<string>> {
    if (names.length === 0) return new Set()
    const rows = await this.#database.query<Row & { name: string }>(
      `SELECT users.name FROM users WHERE users.name IN (?)
         AND (EXISTS (SELECT 1 FROM blocks WHERE blocks.user = ? AND blocks.blocked = users.id)
           OR EXISTS (SELECT 1 FROM blocks WHERE blocks.user = users.id AND blocks.blocked = ?))`,
      [names, user, user],
    )
    return new Set(rows.map(({ name }) => name))
  }
}

async function idOf(connection: PoolConnection, name: string): Promise<number> {
  const [row] = await statement<(Row & { id: number })[]>(connection, 'SELECT id FROM users WHERE name = ?', [name])
  if (!row) throw new AppError('not_found', `there is no user "${name}"`, 'user')
  return row.id
}

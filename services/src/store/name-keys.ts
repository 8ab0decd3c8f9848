import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { isProbeName } from '../protocol/names.ts'
import { keysOf } from '../protocol/user-names.ts'
import { statement, type Database, type Row } from './database.ts'

/** Users of one transaction of `giveNameKeys`. */
const BATCH_USERS = 500
/** Names that `giveNameKeys` returns. */
const MAX_NAMED = 100
/** The row of the table `progress`. */
const WORK = 'name-keys'
/** Users that are looked at again: a transaction with a lower id may commit later than one with a higher id. */
const OVERLAP_USERS = 10_000

/** The rows of `user_name_keys` that a name takes; `prove` makes names that nobody can register. */
function rowsOf(name: string): string[] {
  if (isProbeName(name)) return []
  const { folded, seen } = keysOf(name)
  return [`folded:${folded}`, `seen:${seen}`]
}

/** Takes the keys of a new user's name. @throws the driver's error; ER_DUP_ENTRY when another user has one of them */
export async function takeNameKeys(connection: PoolConnection, user: number, name: string): Promise<void> {
  const rows = rowsOf(name)
  if (rows.length > 0)
    await insert(
      connection,
      rows.map((key) => [key, user]),
    )
}

async function insert(connection: PoolConnection, rows: readonly (readonly [string, number])[]): Promise<void> {
  await statement<ResultSetHeader>(connection, 'INSERT INTO user_name_keys (name_key, user) VALUES ?', [rows])
}

/** Users whose names look like an older one's. They keep their names. */
export interface NameCollisions {
  readonly count: number
  /** At most 100 of their names, the oldest first. */
  readonly names: readonly string[]
}

/**
 * Gives the users of a release that knew no keys the keys of their names. Of users who have keys in common the one who
 * registered first has them; the others have none, and are returned when they are found. It can be interrupted and run again,
 * and begins where it has ended.
 *
 * @throws the driver's error
 */
export async function giveNameKeys(database: Database): Promise<NameCollisions> {
  const names: string[] = []
  let count = 0
  const reported = await reportedUpTo(database)
  for (let after = Math.max(0, reported - OVERLAP_USERS); ;) {
    const users = await usersAfter(database, after)
    const last = users.at(-1)
    if (last === undefined) return { count, names }
    const colliding = (await giveTo(database, users)).filter(({ id }) => id > reported)
    count += colliding.length
    names.push(...colliding.slice(0, MAX_NAMED - names.length).map(({ name }) => name))
    after = last.id
    await database.execute(
      'INSERT INTO progress (work, position) VALUES (?, ?) ON DUPLICATE KEY UPDATE position = GREATEST(position, VALUES(position))',
      [WORK, after],
    )
  }
}

async function reportedUpTo(database: Database): Promise<number> {
  const [row] = await database.query<Row & { position: number }>('SELECT position FROM progress WHERE work = ?', [WORK])
  return row?.position ?? 0
}

interface User {
  readonly id: number
  readonly name: string
  readonly hasKeys: boolean
}

async function usersAfter(database: Database, after: number): Promise<User[]> {
  const rows = await database.query<Row & { id: number; name: string; has_keys: number }>(
    `SELECT id, name, EXISTS (SELECT 1 FROM user_name_keys WHERE user_name_keys.user = users.id) AS has_keys
     FROM users WHERE id > ? ORDER BY id LIMIT ${BATCH_USERS}`,
    [after],
  )
  return rows.map(({ id, name, has_keys }) => ({ id, name, hasKeys: has_keys === 1 }))
}

/** Returns the users whose names collide. */
async function giveTo(database: Database, users: readonly User[]): Promise<Pick<User, 'id' | 'name'>[]> {
  const wanted = users
    .filter(({ hasKeys }) => !hasKeys)
    .map(({ id, name }) => ({ id, name, keys: rowsOf(name) }))
    .filter(({ keys }) => keys.length > 0)
  if (wanted.length === 0) return []
  const owners = await ownersOf(
    database,
    wanted.flatMap(({ keys }) => keys),
  )
  const colliding: Pick<User, 'id' | 'name'>[] = []
  const rows: [string, number][] = []
  for (const { id, name, keys } of wanted) {
    if (keys.some((key) => (owners.get(key) ?? id) < id)) colliding.push({ id, name })
    else
      for (const key of keys) {
        owners.set(key, id)
        rows.push([key, id])
      }
  }
  // Whoever registers a name at this moment may have a key already, and is younger.
  if (rows.length > 0)
    await database.execute(
      'INSERT INTO user_name_keys (name_key, user) VALUES ? ON DUPLICATE KEY UPDATE user = LEAST(user, VALUES(user))',
      [rows],
    )
  return colliding
}

async function ownersOf(database: Database, keys: readonly string[]): Promise<Map<string, number>> {
  const rows = await database.query<Row & { name_key: string; user: number }>(
    'SELECT name_key, user FROM user_name_keys WHERE name_key IN (?)',
    [keys],
  )
  return new Map(rows.map(({ name_key, user }) => [name_key, user]))
}

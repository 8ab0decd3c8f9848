import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { isProbeName } from '../protocol/names.ts'
import { keysOf } from '../protocol/user-names.ts'
import { statement, type Database, type Row } from './database.ts'
import { isDuplicateKey } from './mysql-errors.ts'

/** Users of one transaction of `giveNameKeys`. */
const BATCH_USERS = 500
/** Names that `giveNameKeys` returns. */
const MAX_NAMED = 100
const MAX_ATTEMPTS = 3

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
 * Gives the users of a release that knew no keys the keys of their names, the oldest first. Those whose keys are taken get
 * none, and are returned. It can be interrupted and run again.
 *
 * @throws the driver's error
 */
export async function giveNameKeys(database: Database): Promise<NameCollisions> {
  const collisions: string[] = []
  let count = 0
  for (let after = 0; ;) {
    const users = await withoutKeys(database, after)
    const last = users.at(-1)
    if (last === undefined) return { count, names: collisions }
    const colliding = await giveTo(database, users)
    count += colliding.length
    collisions.push(...colliding.slice(0, MAX_NAMED - collisions.length))
    after = last.id
  }
}

type User = Row & { id: number; name: string }

async function withoutKeys(database: Database, after: number): Promise<User[]> {
  const users = await database.query<User>(
    `SELECT id, name FROM users LEFT JOIN user_name_keys ON user_name_keys.user = users.id
     WHERE users.id > ? AND user_name_keys.user IS NULL AND NOT (name > '_probe.' AND name < '_probe/')
     ORDER BY users.id LIMIT ${BATCH_USERS}`,
    [after],
  )
  return users
}

/** Returns the names that collide. A user who registers meanwhile may take a key first. */
async function giveTo(database: Database, users: readonly User[]): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const { rows, colliding } = await free(database, users)
    if (rows.length === 0) return colliding
    try {
      await database.use((connection) => insert(connection, rows))
      return colliding
    } catch (error) {
      if (!isDuplicateKey(error) || attempt >= MAX_ATTEMPTS) throw error
    }
  }
}

async function free(
  database: Database,
  users: readonly User[],
): Promise<{ rows: [string, number][]; colliding: string[] }> {
  const wanted = users.map(({ id, name }) => ({ id, name, keys: rowsOf(name) }))
  const found = await database.query<Row & { name_key: string }>(
    'SELECT name_key FROM user_name_keys WHERE name_key IN (?)',
    [wanted.flatMap(({ keys }) => keys)],
  )
  const taken = new Set(found.map(({ name_key }) => name_key))
  const rows: [string, number][] = []
  const colliding: string[] = []
  for (const { id, name, keys } of wanted) {
    if (keys.some((key) => taken.has(key))) colliding.push(name)
    else for (const key of keys) rows.push([key, id])
    for (const key of keys) taken.add(key)
  }
  return { rows, colliding }
}

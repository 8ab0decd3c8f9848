import { randomBytes } from 'node:crypto'
import { Passwords } from '../session/passwords.ts'
import type { Database, Row } from '../store/database.ts'
import { Rooms } from '../store/rooms.ts'
import { NOW_MS } from '../store/sql.ts'
import { Users } from '../store/users.ts'

export interface Account {
  readonly name: string
  readonly password: string
}

/** Two users and their room. */
export interface Pair {
  readonly users: readonly [Account, Account]
  readonly room: string
}

const PREFIX = '_probe.'
/** Sorts after all characters of these names. */
const LAST = '~'
const RANDOM_BYTES = 4
const PASSWORD_BYTES = 24
/** A password of 192 random bits cannot be guessed, so its hash need not be slow. */
const BCRYPT_COST = 10

const BATCH_ROWS = 1000
/** Those of every owner that are older than any proof lasts: their ChatApp may be gone. */
const MAX_AGE_MS = 2 * 3_600_000

/** How the names of an owner begin. */
export function namesOf(owner: string): string {
  return `${PREFIX}${owner}.`
}

/** How the names of one process of an owner begin: another one may still be ending. */
export function newNames(owner: string): string {
  return `${namesOf(owner)}${randomBytes(RANDOM_BYTES).toString('hex')}`
}

/**
 * Makes two users and a room. Their passwords are only in the memory of this process.
 *
 * @param names how their names begin, of `newNames`
 * @throws the driver's error
 */
export async function makePair(database: Database, names: string): Promise<Pair> {
  const passwords = new Passwords(BCRYPT_COST)
  const newName = () => `${names}${randomBytes(RANDOM_BYTES).toString('hex')}`
  const makeUser = async (): Promise<Account> => {
    const user = { name: newName(), password: randomBytes(PASSWORD_BYTES).toString('base64url') }
    await new Users(database).add(user.name, await passwords.hash(user.password, user.name, 'prove'))
    return user
  }
  const users = [await makeUser(), await makeUser()] as const
  const { room } = await new Rooms(database).create({ slug: newName(), title: 'Proof', createdBy: users[0].name })
  return { users, room }
}

/**
 * Removes the users, rooms, memberships and messages whose names begin so, and old ones of all owners. A batch removes at most
 * 1000 rows, so that no other statement waits long for it.
 *
 * @throws the driver's error
 */
export async function removeProbes(database: Database, names: string): Promise<void> {
  await removeAll(database, `DELETE FROM users WHERE ${condition('name', 'created_at')} LIMIT ?`, names)
  for (;;) {
    const rooms = await database.query<Row & { id: number }>(
      `SELECT id FROM rooms WHERE ${condition('slug', 'created_at')} LIMIT ?`,
      values(names),
    )
    if (rooms.length === 0) break
    for (const { id } of rooms) await removeRoom(database, id)
  }
  await removeAll(database, `DELETE FROM memberships WHERE ${condition('member', 'joined_at')} LIMIT ?`, names)
}

/** A range of an index that sorts by code point. */
function condition(name: string, time: string): string {
  return `((${name} > ? AND ${name} < ?) OR (${name} > ? AND ${name} < ? AND ${time} < ${NOW_MS} - ${MAX_AGE_MS}))`
}

function values(names: string): unknown[] {
  return [names, `${names}${LAST}`, PREFIX, `${PREFIX}${LAST}`, BATCH_ROWS]
}

async function removeAll(database: Database, sql: string, names: string): Promise<void> {
  while ((await database.execute(sql, values(names))).affectedRows >= BATCH_ROWS);
}

/** The room is removed last, so that what a killed process leaves is found by its name. */
async function removeRoom(database: Database, id: number): Promise<void> {
  const events = 'DELETE FROM room_events WHERE room = ? ORDER BY seq LIMIT ?'
  while ((await database.execute(events, [id, BATCH_ROWS])).affectedRows >= BATCH_ROWS);
  // One statement: a process that stores a late message waits for the room's row, and then finds no room.
  await database.execute(
    `DELETE rooms, memberships, room_events FROM rooms
     LEFT JOIN memberships ON memberships.room = rooms.id
     LEFT JOIN room_events ON room_events.room = rooms.id
     WHERE rooms.id = ?`,
    [id],
  )
}

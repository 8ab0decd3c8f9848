import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { AppError } from '../support/errors.ts'
import { statement, type Database, type Row } from './database.ts'
import { addEntries, type InboxHead } from './inbox.ts'
import { isDuplicateKey } from './mysql-errors.ts'
import { randomChannel, randomName } from './random-names.ts'
import { NOW_MS } from './sql.ts'
import { inTransaction } from './transaction.ts'

/** The room of two users. */
export interface DirectRoom {
  readonly room: string
  readonly epoch: number
  /** The number of its last event. */
  readonly seq: number
}

interface User {
  readonly id: number
  readonly name: string
}

/** `is_shut`: takes no new direct room from the one who asks. */
type FoundUser = User & { readonly is_shut: number }

type Announce = (heads: readonly InboxHead[]) => void

/** How often it is tried while deadlocks undo it. */
const CREATE_ATTEMPTS = 3

/** Rooms of two users each. */
export class DirectRooms {
  readonly #database: Database
  readonly #announce: Announce

  /** @param announce tells of the entries of inboxes, after COMMIT */
  constructor(database: Database, announce: Announce) {
    this.#database = database
    this.#announce = announce
  }

  /**
   * Finds the room of two users, or makes it, and tells both of a new one in their inboxes. Two beginnings meet in one
   * room. A user may have a room alone.
   *
   * @param one who asks
   * @throws AppError `not_found` if one of the users does not exist; `forbidden` for a new room if the other one is
   * banned, was deleted, takes no new direct rooms, or one of the two has blocked the other
   */
  async open(one: string, other: string): Promise<DirectRoom> {
    const users = await this.#users(one, other)
    const key = (users.length === 1 ? [...users, ...users] : users).map(({ id }) => id).join(':')
    const found = await this.#find(key)
    if (found) return found
    if (users.some((user) => user.name === other && user.is_shut === 1)) throw takesNoRooms(other)
    return this.#create(key, users)
  }

  /** Of whom a user takes new direct rooms. @param user by id */
  async setRule(user: number, rule: 'everyone' | 'nobody'): Promise<void> {
    await this.#database.execute('UPDATE users SET direct_rule = ? WHERE id = ?', [rule, user])
  }

  /** By id. */
  async #users(one: string, other: string): Promise<readonly FoundUser[]> {
    const found = await this.#database.query<Row & FoundUser>(
      `SELECT users.id, users.name, users.id <> me.id AND (users.deleted_at IS NOT NULL
         OR COALESCE(users.banned_until > ${NOW_MS}, FALSE) OR users.direct_rule = 'nobody'
         OR EXISTS (SELECT 1 FROM blocks WHERE blocks.user = users.id AND blocks.blocked = me.id)
         OR EXISTS (SELECT 1 FROM blocks WHERE blocks.user = me.id AND blocks.blocked = users.id)) AS is_shut
       FROM users AS me JOIN users ON users.name IN (?) WHERE me.name = ? ORDER BY users.id`,
      [[one, other], one],
    )
    const names = new Set(found.map(({ name }) => name))
    const absent = [one, other].find((name) => !names.has(name))
    if (absent !== undefined) throw new AppError('not_found', `there is no user "${absent}"`, 'user')
    return found
  }

  async #find(key: string): Promise<DirectRoom | undefined> {
    const [row] = await this.#database.query<Row & { slug: string; epoch: number; last_seq: number }>(
      'SELECT slug, epoch, last_seq FROM rooms WHERE direct_key = ?',
      [key],
    )
    return row && { room: row.slug, epoch: row.epoch, seq: row.last_seq }
  }

  async #create(key: string, users: readonly User[]): Promise<DirectRoom> {
    try {
      const work = (connection: PoolConnection) => insert(connection, key, users)
      this.#announce(await inTransaction(this.#database, work, { attempts: CREATE_ATTEMPTS }))
    } catch (error) {
      // The other user was faster.
      if (!isDuplicateKey(error)) throw error
    }
    const found = await this.#find(key)
    if (!found) throw new AppError('unavailable', 'the room cannot be read: try again')
    return found
  }
}

/** In the same words whatever the reason is. */
function takesNoRooms(user: string): AppError {
  return new AppError('forbidden', `"${user}" takes no messages from you`, 'user')
}

/** The room, its members and what they are told are there together, or none of it. */
async function insert(connection: PoolConnection, key: string, users: readonly User[]): Promise<InboxHead[]> {
  const { insertId: room } = await statement<ResultSetHeader>(
    connection,
    `INSERT INTO rooms (slug, channel, title, created_by, created_at, epoch, kind, join_rule, direct_key)
     VALUES (?, ?, '', ?, ${NOW_MS}, UNIX_TIMESTAMP(), 'direct', 'invite', ?)`,
    [randomName(), randomChannel(), users[0]?.name, key],
  )
  await statement<ResultSetHeader>(
    connection,
    `INSERT INTO memberships (room, member, user, joined_at)
     SELECT ?, users.name, users.id, ${NOW_MS} FROM users WHERE users.id IN (?)`,
    [room, users.map(({ id }) => id)],
  )
  return addEntries(
    connection,
    users.map(({ id }) => ({ user: id, kind: 'room', room, seq: 0 })),
  )
}

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
   * room.
   * @throws AppError `not_found` if one of the users does not exist
   */
  async open(one: string, other: string): Promise<DirectRoom> {
    const users = [await this.#user(one), await this.#user(other)].sort((a, b) => a.id - b.id)
    const key = users.map(({ id }) => id).join(':')
    return (await this.#find(key)) ?? this.#create(key, users)
  }

  async #user(name: string): Promise<User> {
    const [user] = await this.#database.query<Row & User>(
      'SELECT id, name FROM users WHERE name = ? AND deleted_at IS NULL',
      [name],
    )
    if (!user) throw new AppError('not_found', `there is no user "${name}"`, 'user')
    return { id: user.id, name: user.name }
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

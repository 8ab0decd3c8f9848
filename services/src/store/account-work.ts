import type { PoolConnection } from 'mysql2/promise'
import { DELETION_SETTLE_MS } from '../support/limits.ts'
import { statement, type Database, type Row } from './database.ts'
import type { RoomKey } from './rooms.ts'
import { NOW_MS } from './sql.ts'
import { writtenRooms } from './written-rooms.ts'

/** A user who was banned or deleted, and whose rooms have not been looked at since. */
export interface ShutUser {
  readonly id: number
  readonly name: string
  readonly isDeleted: boolean
  /** The user can do nothing any more. Of one who was just deleted some processes accept the tokens for a while. */
  readonly isSettled: boolean
  /** The messages of the user are to be recalled. */
  readonly recallsMessages: boolean
  /** Of the last ban or deletion; milliseconds since 1970, by the database's clock. */
  readonly at: number
}

type ShutUserRow = Row &
  Pick<ShutUser, 'id' | 'name' | 'at'> & { is_deleted: number; is_settled: number } & {
    recalls_messages: number
  }

/** A room that needs another owner. */
export interface Inheritance extends RoomKey {
  /** Who is to own it: the admin who has been in it longest, else the member. Undefined if there is nobody else. */
  readonly heir: string | undefined
}

export interface SentEvent {
  readonly seq: number
  readonly clientId: string
  /** It is a message that was not recalled and has not expired. */
  readonly hasText: boolean
}

/** Notes that a user was banned or deleted, in the transaction that does it. @param user by id */
export async function noteShutUser(
  connection: PoolConnection,
  user: number,
  { recallsMessages = false }: Partial<Pick<ShutUser, 'recallsMessages'>> = {},
): Promise<void> {
  await statement(
    connection,
    `INSERT INTO account_work (user, created_at, recalls_messages) VALUES (?, ${NOW_MS}, ?)
     ON DUPLICATE KEY UPDATE created_at = GREATEST(created_at + 1, VALUES(created_at)),
       recalls_messages = VALUES(recalls_messages)`,
    [user, recallsMessages],
  )
}

/** What is left to do for users who were banned or deleted. */
export class AccountWork {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** By id. @param after the last one before */
  async waiting(after: number, limit: number): Promise<ShutUser[]> {
    const rows = await this.#database.query<ShutUserRow>(
      `SELECT users.id, users.name, users.deleted_at IS NOT NULL AS is_deleted,
         COALESCE(users.deleted_at < ${NOW_MS} - ${DELETION_SETTLE_MS}, TRUE) AS is_settled,
         account_work.recalls_messages, account_work.created_at AS at
       FROM account_work JOIN users ON users.id = account_work.user
       WHERE account_work.user > ? ORDER BY account_work.user LIMIT ?`,
      [after, limit],
    )
    return rows.map(({ is_deleted, is_settled, recalls_messages, ...user }) => {
      return {
        ...user,
        isDeleted: is_deleted === 1,
        isSettled: is_settled === 1,
        recallsMessages: recalls_messages === 1,
      }
    })
  }

  /** It is done, unless the user was banned or deleted again. */
  async done({ id, at }: ShutUser): Promise<void> {
    await this.#database.execute('DELETE FROM account_work WHERE user = ? AND created_at = ?', [id, at])
  }

  /** The rooms that a user owns and that have not ended, by id. @param after the last one before */
  async owned({ id }: ShutUser, after: number, limit: number): Promise<Inheritance[]> {
    const rows = await this.#database.query<Row & RoomKey & { heir: string | null }>(
      `SELECT rooms.id, rooms.slug, rooms.channel, (
         SELECT other.member FROM memberships AS other JOIN users AS heir ON heir.id = other.user
         WHERE other.room = own.room AND other.user <> own.user AND heir.kind = 'user'
           AND heir.deleted_at IS NULL AND COALESCE(heir.banned_until <= ${NOW_MS}, TRUE)
         ORDER BY other.role = 'admin' DESC, other.joined_at, other.user LIMIT 1) AS heir
       FROM memberships AS own JOIN rooms ON rooms.id = own.room
       WHERE own.user = ? AND own.role = 'owner' AND rooms.ended_at IS NULL AND own.room > ?
       ORDER BY own.room LIMIT ?`,
      [id, after, limit],
    )
    return rows.map(({ heir, ...key }) => ({ ...key, heir: heir ?? undefined }))
  }

  /** The rooms that a user is a member of, by id, but for direct ones. @param after the last one before */
  async joined({ id }: ShutUser, after: number, limit: number): Promise<RoomKey[]> {
    return this.#database.query<Row & RoomKey>(
      `SELECT rooms.id, rooms.slug, rooms.channel FROM memberships AS own JOIN rooms ON rooms.id = own.room
       WHERE own.user = ? AND rooms.kind <> 'direct' AND own.room > ? ORDER BY own.room LIMIT ?`,
      [id, after, limit],
    )
  }

  /** The rooms with events of a user, whether still a member or not, by id. @param from the first id */
  written({ name }: ShutUser, from: number): AsyncGenerator<RoomKey> {
    return writtenRooms(this.#database, name, from)
  }

  /** The events of a user in a room, by client id. @param after the last one before */
  async sent({ name }: ShutUser, room: number, after: string, limit: number): Promise<SentEvent[]> {
    const rows = await this.#database.query<Row & Omit<SentEvent, 'hasText'> & { has_text: number }>(
      `SELECT seq, client_id AS clientId, kind = 'message' AND recalled_at IS NULL AND expired_at IS NULL AS has_text
       FROM room_events FORCE INDEX (room_events_client_id)
       WHERE room = ? AND sender = ? AND client_id > ? ORDER BY client_id LIMIT ?`,
      [room, name, after, limit],
    )
    return rows.map(({ has_text, ...event }) => ({ ...event, hasText: has_text === 1 }))
  }
}

import type { Database, Row } from './database.ts'
import type { RoomKey } from './rooms.ts'
import { writtenRooms } from './written-rooms.ts'

/** One part of what the system has of a user. Times are milliseconds since 1970, by the database's clock. */
export type ExportedPart = { readonly part: 'account' | 'session' | 'block' | 'room' | 'message' } & Readonly<
  Record<string, unknown>
>

/** With bodies of 16 KiB that is 800 KiB in memory. */
const PAGE_ROWS = 50

/** Reads all that the system has of one user, part by part. */
export class AccountExport {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws the driver's error */
  async *of({ id, name }: { readonly id: number; readonly name: string }): AsyncGenerator<ExportedPart> {
    const few: [ExportedPart['part'], string][] = [
      ['account', 'SELECT name, display_name AS displayName, role, created_at AS createdAt FROM users WHERE id = ?'],
      [
        'session',
        `SELECT device_name AS name, address, created_at AS createdAt, refreshed_at AS refreshedAt
         FROM sessions WHERE user = ?`,
      ],
      [
        'block',
        `SELECT users.name AS user, blocks.created_at AS at FROM blocks JOIN users ON users.id = blocks.blocked
         WHERE blocks.user = ?`,
      ],
    ]
    for (const [part, sql] of few) for (const row of await this.#database.query(sql, [id])) yield { part, ...row }
    yield* this.#rooms(name)
    yield* this.#messages(name)
  }

  async *#rooms(name: string): AsyncGenerator<ExportedPart> {
    for (let after = 0; ;) {
      const rows = await this.#database.query<Row & { id: number }>(
        `SELECT rooms.id, rooms.slug AS room, rooms.kind, rooms.title, own.role, own.joined_at AS joinedAt
         FROM memberships AS own JOIN rooms ON rooms.id = own.room
         WHERE own.member = ? AND own.room > ? ORDER BY own.room LIMIT ?`,
        [name, after, PAGE_ROWS],
      )
      for (const { id: _id, ...room } of rows) yield { part: 'room', ...room }
      const last = rows.at(-1)
      if (last === undefined || rows.length < PAGE_ROWS) return
      after = last.id
    }
  }

  /** Of all rooms, also those that the user has left. What was recalled or has expired has no text any more. */
  async *#messages(name: string): AsyncGenerator<ExportedPart> {
    for await (const room of writtenRooms(this.#database, name)) yield* this.#messagesOf(room, name)
  }

  /** In the order of their client ids, by which an index finds them. */
  async *#messagesOf({ id, slug: room }: RoomKey, name: string): AsyncGenerator<ExportedPart> {
    for (let after = ''; ;) {
      const rows = await this.#database.query<Row & { clientId: string; kind: string; data: string | null }>(
        `SELECT client_id AS clientId, seq, kind, body, data, created_at AS at, edited_at AS editedAt,
           recalled_at AS recalledAt, expired_at AS expiredAt
         FROM room_events FORCE INDEX (room_events_client_id) WHERE room = ? AND sender = ? AND client_id > ? ORDER BY client_id LIMIT ?`,
        [id, name, after, PAGE_ROWS],
      )
      for (const { kind, data, ...message } of rows)
        if (kind === 'message')
          yield { part: 'message', room, ...message, ...(data !== null && { data: JSON.parse(data) }) }
      const last = rows.at(-1)
      if (last === undefined || rows.length < PAGE_ROWS) return
      after = last.clientId
    }
  }
}

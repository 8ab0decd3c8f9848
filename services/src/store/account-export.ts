import type { Database, Row } from './database.ts'
import type { RoomKey } from './rooms.ts'
import { writtenRooms } from './written-rooms.ts'

/** One part of what is stored of a user. Times are milliseconds since 1970, by the database's clock. */
export type ExportedPart = { readonly part: ListedPart | 'account' | 'session' | 'message' } & Readonly<
  Record<string, unknown>
>

type ListedPart = 'block' | 'invitation' | 'registration-invitation' | 'report' | 'room'

/** With bodies of 16 KiB that is 800 KiB in memory. */
const PAGE_ROWS = 50

/** There is one account, and at most 200 sessions. */
const FEW: readonly (readonly [ExportedPart['part'], string])[] = [
  [
    'account',
    `SELECT name, display_name AS displayName, role, direct_rule AS directRule, created_at AS createdAt
     FROM users WHERE id = ?`,
  ],
  [
    'session',
    `SELECT device_name AS name, address, created_at AS createdAt, refreshed_at AS refreshedAt
     FROM sessions WHERE user = ?`,
  ],
]

/** By an id, which is not exported. The values are the user's and the last id of the page before. */
const LISTED: readonly (readonly [ListedPart, string])[] = [
  [
    'block',
    `SELECT blocks.blocked AS id, users.name AS user, blocks.created_at AS at
     FROM blocks JOIN users ON users.id = blocks.blocked
     WHERE blocks.user = ? AND blocks.blocked > ? ORDER BY blocks.blocked`,
  ],
  [
    'invitation',
    `SELECT invitations.room AS id, rooms.slug AS room, invitations.state, invitations.created_at AS at
     FROM invitations JOIN rooms ON rooms.id = invitations.room
     WHERE invitations.user = ? AND invitations.room > ? ORDER BY invitations.room`,
  ],
  [
    'registration-invitation',
    `SELECT id, created_at AS createdAt, expires_at AS expiresAt, uses_left AS usesLeft
     FROM registration_invitations WHERE created_by = ? AND id > ? ORDER BY id`,
  ],
  [
    'report',
    `SELECT reports.id, rooms.slug AS room, reports.seq, reports.reason, reports.created_at AS at
     FROM reports JOIN rooms ON rooms.id = reports.room WHERE reports.user = ? AND reports.id > ? ORDER BY reports.id`,
  ],
  [
    'room',
    `SELECT own.room AS id, rooms.slug AS room, rooms.kind, rooms.title, own.role, own.joined_at AS joinedAt,
       own.muted_until AS mutedUntil, own.notify, own.read_seq AS readSeq
     FROM memberships AS own JOIN rooms ON rooms.id = own.room
     WHERE own.member = (SELECT name FROM users WHERE id = ?) AND own.room > ? ORDER BY own.room`,
  ],
]

/** Reads what is stored of one user, part by part. docs/services.md says what is left out. */
export class AccountExport {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws the driver's error */
  async *of({ id, name }: { readonly id: number; readonly name: string }): AsyncGenerator<ExportedPart> {
    for (const [part, sql] of FEW) for (const row of await this.#database.query(sql, [id])) yield { part, ...row }
    for (const [part, sql] of LISTED) yield* this.#listed(part, sql, id)
    yield* this.#messages(name)
  }

  async *#listed(part: ListedPart, sql: string, user: number): AsyncGenerator<ExportedPart> {
    for (let after = 0; ;) {
      const rows = await this.#database.query<Row & { id: number }>(`${sql} LIMIT ?`, [user, after, PAGE_ROWS])
      for (const { id: _id, ...row } of rows) yield { part, ...row }
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

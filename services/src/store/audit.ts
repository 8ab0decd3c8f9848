import type { PoolConnection } from 'mysql2/promise'
import { numberIn, pageOf } from './cursor.ts'
import { statement, type Database, type Row } from './database.ts'
import { NOW_MS } from './sql.ts'
import type { Role } from './users.ts'

/** An administrator who acts, from where, and why. */
export interface Act {
  readonly userId: number
  readonly user: string
  readonly role: Role
  /** Of the client. */
  readonly address: string
  readonly reason: string
}

/** What an administrator did. */
export interface AuditEntry {
  /** Such as `ban`. At most 32 characters. */
  readonly action: string
  /** The name of the user or the room on whom it was done. */
  readonly subject: string
  readonly subjectKind: 'user' | 'room'
  /** What the act has changed, as it was and as it is. */
  readonly before?: Readonly<Record<string, unknown>>
  readonly after?: Readonly<Record<string, unknown>>
}

/** An entry as it is read. */
export interface ListedAct extends AuditEntry {
  readonly id: number
  readonly by: string
  readonly address: string
  readonly reason: string
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
}

/** Adds an entry, in the transaction of the act. Entries are never changed and never removed. */
export async function audit(connection: PoolConnection, act: Act, entry: AuditEntry): Promise<void> {
  const { userId, user, reason, address } = act
  const { action, subjectKind, subject, before, after } = entry
  const json = (data: AuditEntry['before']) => (data === undefined ? null : JSON.stringify(data))
  await statement(
    connection,
    `INSERT INTO audit (actor, actor_name, action, subject_kind, subject, before_data, after_data, reason, address, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ${NOW_MS})`,
    [userId, user, action, subjectKind, subject, json(before), json(after), reason, address],
  )
}

/** An administrator of the system acts in a room by an event. */
export interface RoomAct {
  readonly userId: number
  readonly user: string
  readonly action: string
  /** The room's id. */
  readonly room: number
  readonly seq: number
  readonly after: Readonly<Record<string, unknown>>
}

/** Adds an entry for an event, in the transaction that stores it. */
export async function auditInRoom(connection: PoolConnection, act: RoomAct): Promise<void> {
  await statement(
    connection,
    `INSERT INTO audit (actor, actor_name, action, subject_kind, subject, after_data, reason, address, created_at)
     SELECT ?, ?, ?, 'room', slug, ?, '', '', ${NOW_MS} FROM rooms WHERE id = ?`,
    [act.userId, act.user, act.action, JSON.stringify(act.after), act.room],
  )
}

type AuditRow = Row & {
  id: number
  actor_name: string
  action: string
  subject_kind: AuditEntry['subjectKind']
  subject: string
  before_data: string | null
  after_data: string | null
  reason: string
  address: string
  created_at: number
}

/** Reads the acts of administrators. */
export class AuditLog {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Entries, the oldest first. @param cursor the `next` of the page before */
  async page(cursor: string | undefined, limit: number): Promise<{ entries: readonly ListedAct[]; next?: string }> {
    const rows = await this.#database.query<AuditRow>('SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?', [
      numberIn(cursor),
      limit + 1,
    ])
    const { found, next } = pageOf(rows, limit, ({ id }) => id)
    return { entries: found.map(toEntry), ...next }
  }
}

function toEntry(row: AuditRow): ListedAct {
  const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>
  return {
    id: row.id,
    by: row.actor_name,
    action: row.action,
    subjectKind: row.subject_kind,
    subject: row.subject,
    ...(row.before_data !== null && { before: parsed(row.before_data) }),
    ...(row.after_data !== null && { after: parsed(row.after_data) }),
    reason: row.reason,
    address: row.address,
    at: row.created_at,
  }
}

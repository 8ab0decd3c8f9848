import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import type { InboxEntry, InboxPage } from '../protocol/feed-answers.ts'
import { INBOX_CHUNK_ROWS, MAX_INBOX_ENTRIES, MAX_LISTED_ROOMS } from '../support/limits.ts'
import { statement, type Database, type Row } from './database.ts'
import { NOW_MS } from './sql.ts'

/** An entry of a user's inbox. */
export interface NewInboxEntry {
  /** The user's id. */
  readonly user: number
  /** `room`: became a member, or settings changed. `removed`: from a room. `session`: one was revoked. `notice`. */
  readonly kind: 'room' | 'removed' | 'session' | 'notice'
  /** The room's id. */
  readonly room?: number
  /** The number of the room's last event, so that a client ignores an entry that is older than what it knows. */
  readonly seq?: number
  readonly data?: Readonly<Record<string, unknown>>
}

/** A user, and the number of the last entry of the inbox. */
export interface InboxHead {
  readonly user: number
  readonly no: number
}

const MAX_DATA_CHARACTERS = 16_384

/**
 * Adds entries inside the transaction of what they tell. Rooms must be locked before: user rows come after them, in order
 * of id, 100 at a time. Entries of a user get numbers in the order of the list. Users who do not exist get none.
 *
 * @returns the new heads, to be announced after COMMIT
 * @throws Error for data of more than 16,384 characters; the driver's error
 */
export async function addEntries(connection: PoolConnection, entries: readonly NewInboxEntry[]): Promise<InboxHead[]> {
  const ofUsers = [...Map.groupBy(entries, ({ user }) => user)].sort(([a], [b]) => a - b)
  const heads: InboxHead[] = []
  for (let at = 0; at < ofUsers.length; at += INBOX_CHUNK_ROWS) {
    heads.push(...(await addChunk(connection, new Map(ofUsers.slice(at, at + INBOX_CHUNK_ROWS)))))
  }
  return heads
}

async function addChunk(
  connection: PoolConnection,
  ofUsers: ReadonlyMap<number, readonly NewInboxEntry[]>,
): Promise<InboxHead[]> {
  const ids = [...ofUsers.keys()]
  const locked = await statement<(Row & { id: number; last_inbox_no: number })[]>(
    connection,
    'SELECT id, last_inbox_no FROM users WHERE id IN (?) ORDER BY id FOR UPDATE',
    [ids],
  )
  if (locked.length === 0) return []
  const heads = locked.map(({ id, last_inbox_no: no }) => ({ user: id, no: no + (ofUsers.get(id)?.length ?? 0) }))
  const rows = locked.flatMap(({ id, last_inbox_no: last }) =>
    (ofUsers.get(id) ?? []).map((entry, index) => toRow(entry, last + index + 1)),
  )
  await statement<ResultSetHeader>(
    connection,
    `UPDATE users SET last_inbox_no = CASE id ${heads.map(() => 'WHEN ? THEN ?').join(' ')} ELSE last_inbox_no END
     WHERE id IN (?)`,
    [...heads.flatMap(({ user, no }) => [user, no]), heads.map(({ user }) => user)],
  )
  for (let at = 0; at < rows.length; at += INBOX_CHUNK_ROWS) {
    const chunk = rows.slice(at, at + INBOX_CHUNK_ROWS)
    await statement<ResultSetHeader>(
      connection,
      `INSERT INTO inbox (user, no, kind, room, seq, data, created_at)
       VALUES ${chunk.map(() => `(?, ?, ?, ?, ?, ?, ${NOW_MS})`).join(', ')}`,
      chunk.flat(),
    )
  }
  return heads
}

function toRow({ user, kind, room, seq, data }: NewInboxEntry, no: number): unknown[] {
  const text = data === undefined ? null : JSON.stringify(data)
  if (text !== null && text.length > MAX_DATA_CHARACTERS)
    throw new Error(`data of an inbox entry: ${text.length} characters as JSON: make it at most ${MAX_DATA_CHARACTERS}`)
  return [user, no, kind, room ?? null, seq ?? null, text]
}

type EntryRow = Row & {
  no: number
  kind: string
  slug: string | null
  seq: number | null
  data: string | null
  created_at: number
}

/** Reads inboxes. */
export class Inboxes {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * The entries after `after`, at most 200; or the user's rooms, if some of these entries are gone or `after` is undefined.
   */
  async page(user: number, name: string, after: number | undefined): Promise<InboxPage> {
    const last = await this.#last(user)
    if (after === undefined) return this.#rooms(name, last)
    if (after === last) return { no: last, entries: [] }
    const entries = await this.entries(user, after)
    // An entry that was added meanwhile is found with the next cursor.
    if (after > last || entries[0]?.no !== after + 1) return { ...(await this.#rooms(name, last)), reset: true }
    const no = entries.at(-1)?.no ?? after
    return { no, entries, ...(no < last && { hasMore: true }) }
  }

  /** The entries after `after`, oldest first, at most 200. */
  async entries(user: number, after: number): Promise<InboxEntry[]> {
    const rows = await this.#database.query<EntryRow>(
      `SELECT inbox.no, inbox.kind, rooms.slug, inbox.seq, inbox.data, inbox.created_at
       FROM inbox LEFT JOIN rooms ON rooms.id = inbox.room
       WHERE inbox.user = ? AND inbox.no > ? ORDER BY inbox.no LIMIT ?`,
      [user, after, MAX_INBOX_ENTRIES],
    )
    return rows.map(toEntry)
  }

  /** The heads of these users. */
  async heads(users: readonly number[]): Promise<InboxHead[]> {
    if (users.length === 0) return []
    const rows = await this.#database.query<Row & { id: number; last_inbox_no: number }>(
      'SELECT id, last_inbox_no FROM users WHERE id IN (?)',
      [users],
    )
    return rows.map(({ id, last_inbox_no: no }) => ({ user: id, no }))
  }

  /** The heads of the users who got entries in the last `withinMs` by the database's clock, at most `limit`. */
  async changed(withinMs: number, limit: number): Promise<InboxHead[]> {
    return this.#database.query<Row & InboxHead>(
      `SELECT user, MAX(no) AS no FROM inbox WHERE created_at >= ${NOW_MS} - ? GROUP BY user LIMIT ?`,
      [withinMs, limit],
    )
  }

  /** The number of the user's last entry; 0 for a user who does not exist. */
  async #last(user: number): Promise<number> {
    const [head] = await this.heads([user])
    return head?.no ?? 0
  }

  /** The user's rooms, the newest first. */
  async #rooms(name: string, no: number): Promise<InboxPage> {
    const rows = await this.#database.query<Row & { slug: string }>(
      `SELECT rooms.slug FROM memberships JOIN rooms ON rooms.id = memberships.room
       WHERE memberships.member = ? ORDER BY memberships.room DESC LIMIT ?`,
      [name, MAX_LISTED_ROOMS + 1],
    )
    const slugs = rows.slice(0, MAX_LISTED_ROOMS).map(({ slug }) => slug)
    return { no, entries: [], rooms: slugs, ...(rows.length > MAX_LISTED_ROOMS && { hasMore: true }) }
  }
}

function toEntry({ no, kind, slug, seq, data, created_at: at }: EntryRow): InboxEntry {
  return {
    no,
    kind,
    ...(slug !== null && { room: slug }),
    ...(seq !== null && { seq }),
    ...(data !== null && { data: JSON.parse(data) as Record<string, unknown> }),
    at,
  }
}

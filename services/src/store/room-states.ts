import type { StoredEvent } from '../protocol/events.ts'
import { MAX_SYNC_READ_BYTES } from '../support/limits.ts'
import type { Database, Row } from './database.ts'
import { EVENT_COLUMNS, toEvent, type EventRow } from './event-rows.ts'
import type { RoomKey } from './rooms.ts'

/** How far a room has come, and who may read it. */
export interface RoomState extends RoomKey {
  readonly epoch: number
  /** The number of its last event. */
  readonly lastSeq: number
  /** The number of its last message. */
  readonly lastMessageNo: number
  /** Messages up to this number have expired. */
  readonly expiredNo: number
  readonly kind: string
  readonly join: string
}

/** What a membership says about reading. */
export interface Marks {
  readonly role: string
  /** The first event that the member may read. */
  readonly fromSeq: number
  readonly readSeq: number
  readonly readNo: number
  /** Messages after the mark that mention the member or everyone. */
  readonly mentions: number
}

/** The events of a room with `after` < seq <= `upTo`. */
export interface Range {
  readonly room: number
  readonly after: number
  readonly upTo: number
}

/** Changes after the event `after`, or by it of messages after `seq`, of messages from `from` up to `upTo`. */
export interface ChangesRange {
  readonly after: number
  readonly seq?: number | null | undefined
  readonly from: number
  readonly upTo: number
  readonly limit: number
}

/** An event without its text, if that was too long to be read with so many others. */
export type RangeEvent = StoredEvent & { readonly isCut: boolean }

type StateRow = Row & {
  id: number
  slug: string
  channel: string
  epoch: number
  last_seq: number
  last_message_no: number
  expired_no: number
  kind: string
  join_rule: string
}

type MarksRow = Row & {
  room: number
  role: string
  from_seq: number
  read_seq: number
  read_no: number
  mentions: number
}

/** Reads many rooms at once. Each method runs one statement, or none for an empty list. */
export class RoomStates {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The rooms that exist, by name. */
  async heads(slugs: readonly string[]): Promise<Map<string, RoomState>> {
    if (slugs.length === 0) return new Map()
    const rows = await this.#database.query<StateRow>(
      `SELECT id, slug, channel, epoch, last_seq, last_message_no, expired_no, kind, join_rule
       FROM rooms WHERE slug IN (?)`,
      [slugs],
    )
    return new Map(rows.map((row) => [row.slug, toState(row)]))
  }

  /** The memberships of a user in these rooms, by the room's id. @param userId undefined: mentions count only `@all` */
  async marks(rooms: readonly number[], user: string, userId: number | undefined): Promise<Map<number, Marks>> {
    if (rooms.length === 0) return new Map()
    const rows = await this.#database.query<MarksRow>(
      `SELECT room, role, from_seq, read_seq, read_no,
         (SELECT COUNT(DISTINCT mentions.seq) FROM mentions
          WHERE mentions.user IN (0, ?) AND mentions.room = memberships.room AND mentions.seq > memberships.read_seq
         ) AS mentions
       FROM memberships WHERE room IN (?) AND member = ?`,
      [userId ?? 0, rooms, user],
    )
    return new Map(
      rows.map(({ room, role, from_seq: fromSeq, read_seq: readSeq, read_no: readNo, mentions }) => [
        room,
        { role, fromSeq, readSeq, readNo, mentions },
      ]),
    )
  }

  /** The events of all ranges, oldest first, by the room's id. The texts that are read have a bound for all together. */
  async ranges(ranges: readonly Range[]): Promise<Map<number, RangeEvent[]>> {
    if (ranges.length === 0) return new Map()
    const rows = ranges.reduce((sum, { after, upTo }) => sum + upTo - after, 0)
    const maxBytes = Math.floor(MAX_SYNC_READ_BYTES / rows)
    const selects = ranges.map(
      () => `(SELECT ${EVENT_COLUMNS}, event.room, LENGTH(COALESCE(present.body, event.body)) > ? AS is_cut
        FROM room_events AS event
        LEFT JOIN room_events AS present
          ON event.kind = 'edit' AND present.room = event.room AND present.seq = event.target
        WHERE event.room = ? AND event.seq > ? AND event.seq <= ? ORDER BY event.seq LIMIT ?)`,
    )
    const found = await this.#database.query<EventRow & { room: number; is_cut: number }>(
      selects.join('\nUNION ALL\n'),
      ranges.flatMap(({ room, after, upTo }) => [maxBytes, maxBytes, room, after, upTo, upTo - after]),
    )
    const events = new Map<number, RangeEvent[]>(ranges.map(({ room }) => [room, []]))
    for (const row of found) events.get(row.room)?.push({ ...toEvent(row), isCut: row.is_cut === 1 })
    for (const list of events.values()) list.sort((one, other) => one.seq - other.seq)
    return events
  }

  /**
   * The messages that were changed, in their present form, in the order of their last changes, at most `limit`.
   */
  async changes(room: number, range: ChangesRange): Promise<StoredEvent[]> {
    const { after, seq, from, upTo, limit } = range
    const rows = await this.#database.query<EventRow>(
      `SELECT ${EVENT_COLUMNS} FROM room_events AS event FORCE INDEX (room_events_changed_seq)
       LEFT JOIN room_events AS present ON FALSE
       WHERE event.room = ? AND event.changed_seq >= ? AND event.seq BETWEEN ? AND ?
         AND (event.changed_seq > ? OR event.seq > ?) AND event.changed_seq <> event.seq
       ORDER BY event.changed_seq, event.seq LIMIT ?`,
      [Number.MAX_SAFE_INTEGER, room, after, from, upTo, after, seq ?? Number.MAX_SAFE_INTEGER, limit],
    )
    return rows.map(toEvent)
  }
}

function toState(row: StateRow): RoomState {
  const { id, slug, channel, epoch, last_seq: lastSeq, last_message_no: lastMessageNo, expired_no: expiredNo } = row
  return { id, slug, channel, epoch, lastSeq, lastMessageNo, expiredNo, kind: row.kind, join: row.join_rule }
}

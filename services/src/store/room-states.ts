import type { Member, MemberRole, RoomRules } from '../policy/types.ts'
import type { StoredEvent } from '../protocol/events.ts'
import { MAX_SYNC_READ_BYTES } from '../support/limits.ts'
import type { Database, Row } from './database.ts'
import { PRESENT_TEXT, presentColumns, toEvent, WITH_TARGETS, type EventRow } from './event-columns.ts'
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
  readonly rules: RoomRules
}

/** What a membership says about reading. */
export interface Marks extends Member {
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
  join_rule: RoomRules['join']
  post_rule: RoomRules['post']
  history_rule: RoomRules['history']
  ended_at: number | null
}

type MarksRow = Row & {
  room: number
  role: MemberRole
  muted_until: number | null
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
      `SELECT id, slug, channel, epoch, last_seq, last_message_no, expired_no, kind, join_rule, post_rule,
         history_rule, ended_at
       FROM rooms WHERE slug IN (?)`,
      [slugs],
    )
    return new Map(rows.map((row) => [row.slug, toState(row)]))
  }

  /** The memberships of a user in these rooms, by the room's id. */
  async marks(rooms: readonly number[], user: string, userId: number): Promise<Map<number, Marks>> {
    if (rooms.length === 0) return new Map()
    const rows = await this.#database.query<MarksRow>(
      `SELECT room, role, muted_until, from_seq, read_seq, read_no,
         (SELECT COUNT(DISTINCT mentions.seq) FROM mentions
          WHERE mentions.user IN (0, ?) AND mentions.room = memberships.room AND mentions.seq > memberships.read_seq
         ) AS mentions
       FROM memberships WHERE room IN (?) AND member = ?`,
      [userId, rooms, user],
    )
    return new Map(
      rows.map((row) => {
        const { role, from_seq: fromSeq, read_seq: readSeq, read_no: readNo, mentions } = row
        return [row.room, { role, mutedUntil: row.muted_until ?? undefined, fromSeq, readSeq, readNo, mentions }]
      }),
    )
  }

  /** The read marks of those of a room's users who are its members; by the room's id. */
  async membersOf(users: ReadonlyMap<number, readonly string[]>): Promise<Map<number, Map<string, number>>> {
    const groups = [...users].filter(([, names]) => names.length > 0)
    if (groups.length === 0) return new Map()
    const rows = await this.#database.query<Row & { room: number; member: string; read_no: number }>(
      `SELECT room, member, read_no FROM memberships
       WHERE ${groups.map(() => '(room = ? AND member IN (?))').join(' OR ')}`,
      groups.flat(),
    )
    const members = Map.groupBy(rows, ({ room }) => room)
    return new Map(
      [...members].map(([room, found]) => [
        room,
        new Map(found.map(({ member, read_no: readNo }) => [member, readNo])),
      ]),
    )
  }

  /** The events of all ranges, oldest first, by the room's id. The texts that are read have a bound for all together. */
  async ranges(ranges: readonly Range[]): Promise<Map<number, RangeEvent[]>> {
    if (ranges.length === 0) return new Map()
    const rows = ranges.reduce((sum, { after, upTo }) => sum + upTo - after, 0)
    const maxBytes = Math.floor(MAX_SYNC_READ_BYTES / rows)
    const isCut = `LENGTH(${PRESENT_TEXT}) > ${maxBytes}`
    const select = `(SELECT ${presentColumns(`IF(${isCut}, '', ${PRESENT_TEXT})`)}, event.room, ${isCut} AS is_cut
      FROM ${WITH_TARGETS} WHERE event.room = ? AND event.seq > ? AND event.seq <= ? ORDER BY event.seq LIMIT ?)`
    const found = await this.#database.query<EventRow & { room: number; is_cut: number }>(
      ranges.map(() => select).join('\nUNION ALL\n'),
      ranges.flatMap(({ room, after, upTo }) => [room, after, upTo, upTo - after]),
    )
    const events = new Map<number, RangeEvent[]>(ranges.map(({ room }) => [room, []]))
    for (const row of found) events.get(row.room)?.push({ ...toEvent(row), isCut: row.is_cut === 1 })
    for (const list of events.values()) list.sort((one, other) => one.seq - other.seq)
    return events
  }
}

function toState(row: StateRow): RoomState {
  const { id, slug, channel, epoch, last_seq: lastSeq, last_message_no: lastMessageNo, expired_no: expiredNo } = row
  const rules = {
    kind: row.kind,
    join: row.join_rule,
    post: row.post_rule,
    history: row.history_rule,
    endedAt: row.ended_at ?? undefined,
  }
  return { id, slug, channel, epoch, lastSeq, lastMessageNo, expiredNo, rules }
}

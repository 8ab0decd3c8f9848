import { audiencesOf, readerOf, visible } from '../policy/visible.ts'
import type { StoredEvent } from '../protocol/events.ts'
import { cursorOf, textIn } from './cursor.ts'
import type { Database, Row } from './database.ts'
import { COLUMNS, toEvent, type EventRow } from './event-columns.ts'

/** A message that mentions a user, and its room. */
export interface ListedMention extends StoredEvent {
  readonly room: string
}

/** Who asks. */
export interface MentionedUser {
  readonly user: string
  readonly userId: number
  readonly role: string
}

/** Where a page ends. Messages of one batch have the same time. */
interface Place {
  readonly at: number
  readonly room: number
  readonly seq: number
}

type FoundRow = EventRow & { slug: string; from_seq: number; is_readable: number; found_at: number } & {
  found_room: number
  found_seq: number
}

const PLACE = /^(\d{1,16}):(\d{1,16}):(\d{1,16})$/
const NEWEST: Place = { at: Number.MAX_SAFE_INTEGER, room: 0, seq: 0 }
const EVERYONE = 0

const COLUMNS_OF_MENTION = 'mentions.room, mentions.seq, mentions.created_at'
/** The first condition is a range of an index. */
const BEFORE = `mentions.created_at <= ? AND (mentions.created_at < ? OR mentions.room < ?
  OR (mentions.room = ? AND mentions.seq < ?))`
const valuesOfBefore = ({ at, room, seq }: Place) => [at, at, room, room, seq]
const NEWEST_FIRST = 'created_at DESC, room DESC, seq DESC'

/** Lists the messages that mention a user, or everyone in a room of the user. */
export class Mentions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * The newest first, in their present form, without the user's own. What the user may not read any more is left out, so
   * a page can have fewer than `limit`, and none, although another one follows.
   *
   * @param cursor the `next` of the page before
   */
  async page(
    asker: MentionedUser,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ mentions: readonly ListedMention[]; next?: string }> {
    const rows = await this.#found(asker, placeIn(cursor), limit + 1)
    const last = rows.length > limit ? rows[limit - 1] : undefined
    const mentions = rows
      .slice(0, limit)
      .filter((row) => row.is_readable === 1)
      .map((row) => ({ event: { ...toEvent(row), room: row.slug }, fromSeq: row.from_seq }))
      .filter(({ event, fromSeq }) => visible(event, readerOf(asker, { fromSeq })))
      .map(({ event }) => event)
    return {
      mentions,
      ...(last && { next: cursorOf(`${last.found_at}:${last.found_room}:${last.found_seq}`) }),
    }
  }

  async #found({ user, userId, role }: MentionedUser, before: Place, most: number): Promise<FoundRow[]> {
    const rooms = await this.#roomsOfEveryone(user, before, most)
    const ofUser = `(SELECT ${COLUMNS_OF_MENTION} FROM mentions WHERE mentions.user = ? AND ${BEFORE}
      ORDER BY ${NEWEST_FIRST} LIMIT ?)`
    const ofRoom = `(SELECT ${COLUMNS_OF_MENTION} FROM mentions WHERE mentions.user = ? AND mentions.room = ? AND ${BEFORE}
      ORDER BY created_at DESC, seq DESC LIMIT ?)`
    // A message that names the user and everyone has two rows.
    const found = [ofUser, ...rooms.map(() => ofRoom)].join(' UNION ')
    return this.#database.query<FoundRow>(
      `SELECT ${COLUMNS}, found.room AS found_room, found.seq AS found_seq, found.created_at AS found_at,
         rooms.slug, own.from_seq,
         COALESCE(event.seq >= own.from_seq AND event.audience IN (?) AND event.sender <> ?, FALSE) AS is_readable
       FROM (SELECT * FROM (${found}) AS mentioned ORDER BY ${NEWEST_FIRST} LIMIT ?) AS found
       JOIN rooms ON rooms.id = found.room
       LEFT JOIN memberships AS own ON own.room = found.room AND own.member = ?
       LEFT JOIN room_events AS event ON event.room = found.room AND event.seq = found.seq
       ORDER BY found.created_at DESC, found.room DESC, found.seq DESC`,
      [
        audiencesOf(readerOf({ user, userId, role }, { fromSeq: 0 })),
        user,
        userId,
        ...valuesOfBefore(before),
        most,
        ...rooms.flatMap((room) => [EVERYONE, room, ...valuesOfBefore(before), most]),
        most,
        user,
      ],
    )
  }

  /** The rooms of a user whose newest mentions of everyone are the newest: no other room has any of the page. */
  async #roomsOfEveryone(user: string, { at }: Place, most: number): Promise<number[]> {
    const rows = await this.#database.query<Row & { room: number }>(
      `SELECT own.room, (SELECT mentions.created_at FROM mentions
         WHERE mentions.user = ? AND mentions.room = own.room AND mentions.created_at <= ?
         ORDER BY mentions.created_at DESC LIMIT 1) AS newest
       FROM memberships AS own WHERE own.member = ? HAVING newest IS NOT NULL ORDER BY newest DESC LIMIT ?`,
      [EVERYONE, at, user, most],
    )
    return rows.map(({ room }) => room)
  }
}

function placeIn(cursor: string | undefined): Place {
  const [, at, room, seq] = (cursor === undefined ? undefined : PLACE.exec(textIn(cursor))) ?? []
  return at === undefined ? NEWEST : { at: Number(at), room: Number(room), seq: Number(seq) }
}

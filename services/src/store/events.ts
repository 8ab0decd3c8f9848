import { audiencesOf, visible, type Reader } from '../policy/visible.ts'
import type { StoredEvent } from '../protocol/events.ts'
import { MAX_PAGE_EVENTS } from '../support/limits.ts'
import type { Database, Row } from './database.ts'
import { COLUMNS, onlySeq, PRESENT_COLUMNS, toEvent, WITH_TARGETS, type EventRow } from './event-columns.ts'

/** A page of a room's events, and how far the room had come in the same state of the same server. */
export interface EventPage {
  /** The number of the room's last event; 0 if the room does not exist. */
  readonly lastSeq: number
  /** Oldest first. Those that are missing up to `lastSeq` were purged. */
  readonly events: readonly StoredEvent[]
}

/** Changed messages, and from where their next page is read. */
export interface ChangedPage {
  /** In the order of their changes. */
  readonly events: readonly StoredEvent[]
  /** Undefined if there is no next page. */
  readonly next: { readonly changedSeq: number; readonly seq: number } | undefined
}

/** One more than a page tells whether another page follows. */
const MAX_EVENTS = MAX_PAGE_EVENTS + 1

/** Every message, changed or not, has an entry in the index of changes. */
const MAX_LISTED_ENTRIES = 5000

/** In rooms of these kinds every message is for everyone, and so has a `message_no`. */
const KINDS_WITHOUT_AUDIENCES: ReadonlySet<string> = new Set(['direct', 'group', 'public'])

/** What somebody may read, as `visible` says it. */
const READABLE = 'event.audience IN (?) AND event.seq >= ? AND (event.target IS NULL OR event.target >= ?)'
const readableBy = (reader: Reader) => [audiencesOf(reader), reader.fromSeq, reader.fromSeq]

/**
 * Reads a room's events, at most one page (200 events) and one more at a time. A message is read in its present form,
 * and an edit has the present form of its message.
 */
export class Events {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * The first events with `after` < seq <= `upTo`, oldest first, whoever may read them.
   * @param limit @default 200
   */
  async after(
    room: number,
    after: number,
    limit: number = MAX_PAGE_EVENTS,
    upTo: number = Number.MAX_SAFE_INTEGER,
  ): Promise<StoredEvent[]> {
    return this.#events(
      `SELECT ${PRESENT_COLUMNS} FROM ${WITH_TARGETS}
       WHERE event.room = ? AND event.seq > ? AND event.seq <= ? ORDER BY event.seq LIMIT ?`,
      [room, after, upTo, Math.min(limit, MAX_EVENTS)],
    )
  }

  /** The first events with seq > `after` that somebody may read, oldest first. */
  async readable(room: number, after: number, limit: number, reader: Reader): Promise<StoredEvent[]> {
    const events = await this.#events(
      `SELECT ${PRESENT_COLUMNS} FROM ${WITH_TARGETS}
       WHERE event.room = ? AND event.seq > ? AND ${READABLE} ORDER BY event.seq LIMIT ?`,
      [room, after, ...readableBy(reader), Math.min(limit, MAX_EVENTS)],
    )
    return events.filter((event) => visible(event, reader))
  }

  /**
   * The first events with `after` < seq <= `upTo`, at most 200, oldest first, whoever may read them, and the room's last
   * number. One statement reads both: two may be answered by two servers, of which one is behind.
   */
  async page(room: number, after: number, upTo: number): Promise<EventPage> {
    const rows = await this.#database.query<EventRow & { is_room: number }>(
      `SELECT 1 AS is_room, ${onlySeq('last_seq')} FROM rooms WHERE id = ?
       UNION ALL
       (SELECT 0, ${PRESENT_COLUMNS} FROM ${WITH_TARGETS}
        WHERE event.room = ? AND event.seq > ? AND event.seq <= ? ORDER BY event.seq LIMIT ?)`,
      [room, room, after, upTo, MAX_PAGE_EVENTS],
    )
    const events = rows.filter((row) => row.is_room === 0).map(toEvent)
    return {
      lastSeq: rows.find((row) => row.is_room === 1)?.seq ?? 0,
      events: events.sort((one, other) => one.seq - other.seq),
    }
  }

  /** The last messages with seq < `before` that somebody may read, oldest first. */
  async history(room: number, before: number, limit: number, reader: Reader): Promise<StoredEvent[]> {
    const most = Math.min(limit, MAX_EVENTS)
    const upToNo = await this.#messageNoBefore(room, before)
    const messages =
      upToNo === undefined
        ? await this.#events(
            `SELECT ${COLUMNS} FROM room_events AS event
             WHERE event.room = ? AND event.seq < ? AND event.kind = 'message' AND ${READABLE}
             ORDER BY event.seq DESC LIMIT ?`,
            [room, before, ...readableBy(reader), most],
          )
        : await this.#events(
            `SELECT ${COLUMNS} FROM room_events AS event FORCE INDEX (room_events_message_no)
             WHERE event.room = ? AND event.message_no <= ? ORDER BY event.message_no DESC LIMIT ?`,
            [room, upToNo, most],
          )
    // What is from before the reader's first event is at the end, so that nothing visible follows it.
    return messages.filter((message) => visible(message, reader)).reverse()
  }

  /** The first messages with seq >= `from` that somebody may read, oldest first. */
  async messagesFrom(room: number, from: number, limit: number, reader: Reader): Promise<StoredEvent[]> {
    const most = Math.min(limit, MAX_EVENTS)
    const afterNo = await this.#messageNoBefore(room, from)
    const messages =
      afterNo === undefined
        ? await this.#events(
            `SELECT ${COLUMNS} FROM room_events AS event
             WHERE event.room = ? AND event.seq >= ? AND event.kind = 'message' AND ${READABLE}
             ORDER BY event.seq LIMIT ?`,
            [room, from, ...readableBy(reader), most],
          )
        : await this.#events(
            `SELECT ${COLUMNS} FROM room_events AS event FORCE INDEX (room_events_message_no)
             WHERE event.room = ? AND event.message_no > ? AND event.seq >= ? ORDER BY event.message_no LIMIT ?`,
            [room, afterNo, reader.fromSeq, most],
          )
    return messages.filter((message) => visible(message, reader))
  }

  /**
   * The last versions of messages that were changed by events with a number above `changedAfter`, of the messages up to
   * `upTo` that somebody may read, in the order of these changes. A page looks at a bounded number of messages, and can
   * be empty although another one follows. A position is a `changedSeq` and a `seq`, since one event can change many.
   *
   * @param seqAfter of the messages that were changed by the event `changedAfter`, those after this one, too. @default none
   */
  async changes(
    room: number,
    changedAfter: number,
    upTo: number,
    reader: Reader,
    seqAfter: number = Number.MAX_SAFE_INTEGER,
  ): Promise<ChangedPage> {
    const after = 'event.changed_seq >= ? AND (event.changed_seq > ? OR event.seq > ?)'
    const position = [room, changedAfter, changedAfter, seqAfter]
    const [end] = await this.#database.query<Row & { changed_seq: number; seq: number }>(
      `SELECT event.changed_seq, event.seq FROM room_events AS event FORCE INDEX (room_events_changed_seq)
       WHERE event.room = ? AND ${after} ORDER BY event.changed_seq, event.seq LIMIT 1 OFFSET ?`,
      [...position, MAX_LISTED_ENTRIES - 1],
    )
    const before = end ? 'event.changed_seq <= ? AND (event.changed_seq < ? OR event.seq <= ?)' : 'TRUE'
    const found = await this.#events(
      `SELECT ${COLUMNS} FROM room_events AS event FORCE INDEX (room_events_changed_seq)
       WHERE event.room = ? AND ${after} AND ${before}
         AND event.changed_seq > event.seq AND event.seq <= ? AND event.kind = 'message' AND ${READABLE}
       ORDER BY event.changed_seq, event.seq LIMIT ?`,
      [
        ...position,
        ...(end ? [end.changed_seq, end.changed_seq, end.seq] : []),
        upTo,
        ...readableBy(reader),
        MAX_PAGE_EVENTS,
      ],
    )
    const last = found.length === MAX_PAGE_EVENTS ? found.at(-1) : undefined
    return {
      events: found.filter((event) => visible(event, reader)),
      next: last ? positionOf(last) : end && { changedSeq: end.changed_seq, seq: end.seq },
    }
  }

  /**
   * The `message_no` of the last message before an event; undefined if the room's messages have none, or the event that
   * is named is no message. By them a page needs not pass over the reactions between two messages.
   */
  async #messageNoBefore(room: number, before: number): Promise<number | undefined> {
    const [row] = await this.#database.query<RoomRow>(
      `SELECT rooms.kind, rooms.last_seq, rooms.numbered_seq, rooms.last_message_no, event.message_no FROM rooms
       LEFT JOIN room_events AS event ON event.room = rooms.id AND event.seq = ? WHERE rooms.id = ?`,
      [before, room],
    )
    if (!row || !KINDS_WITHOUT_AUDIENCES.has(row.kind) || row.numbered_seq < row.last_seq) return undefined
    if (before > row.last_seq) return row.last_message_no
    return row.message_no === null ? undefined : row.message_no - 1
  }

  async #events(sql: string, values: readonly unknown[]): Promise<StoredEvent[]> {
    return (await this.#database.query<EventRow>(sql, values)).map(toEvent)
  }
}

/** Where a changed message is in the order of changes. */
export function positionOf({ changedSeq = 0, seq }: StoredEvent): { changedSeq: number; seq: number } {
  return { changedSeq, seq }
}

type RoomRow = Row & {
  kind: string
  last_seq: number
  numbered_seq: number
  last_message_no: number
  message_no: number | null
}

import type { StoredEvent } from '../protocol/events.ts'
import { MAX_PAGE_EVENTS } from '../support/limits.ts'
import type { Database, Row } from './database.ts'

type EventRow = Row & { seq: number; kind: string; sender: string; client_id: string; body: string; created_at: number }

/** A page of a room's events, and how far the room had come in the same state of the same server. */
export interface EventPage {
  /** The number of the room's last event; 0 if the room does not exist. */
  readonly lastSeq: number
  /** Oldest first. Those that are missing up to `lastSeq` were purged. */
  readonly events: readonly StoredEvent[]
}

/** One more than a page tells whether another page follows. */
const MAX_EVENTS = MAX_PAGE_EVENTS + 1

const COLUMNS = 'seq, kind, sender, client_id, body, created_at'

/** Reads a room's events by ranges of the primary key, at most one page (200 events) and one more at a time, oldest first. */
export class Events {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * The first events with `after` < seq <= `upTo`.
   * @param limit @default 200
   */
  async after(
    room: number,
    after: number,
    limit: number = MAX_PAGE_EVENTS,
    upTo: number = Number.MAX_SAFE_INTEGER,
  ): Promise<StoredEvent[]> {
    const rows = await this.#database.query<EventRow>(
      `SELECT ${COLUMNS} FROM room_events WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
      [room, after, upTo, Math.min(limit, MAX_EVENTS)],
    )
    return rows.map(toEvent)
  }

  /**
   * The first events with `after` < seq <= `upTo`, at most 200, and the room's last number. One statement reads both: two
   * may be answered by two servers, of which one is behind.
   */
  async page(room: number, after: number, upTo: number): Promise<EventPage> {
    // The columns of both parts have the same types, or the numbers would become decimals.
    const rows = await this.#database.query<EventRow & { is_room: number }>(
      `SELECT 1 AS is_room, last_seq AS seq, '' AS kind, '' AS sender, '' AS client_id, '' AS body, created_at
       FROM rooms WHERE id = ?
       UNION ALL
       (SELECT 0, ${COLUMNS} FROM room_events WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?)`,
      [room, room, after, upTo, MAX_PAGE_EVENTS],
    )
    const events = rows.filter((row) => row.is_room === 0).map(toEvent)
    return {
      lastSeq: rows.find((row) => row.is_room === 1)?.seq ?? 0,
      events: events.sort((one, other) => one.seq - other.seq),
    }
  }

  /**
   * The last events with seq < `before`.
   * @param limit @default 200
   */
  async before(room: number, before: number, limit: number = MAX_PAGE_EVENTS): Promise<StoredEvent[]> {
    const rows = await this.#database.query<EventRow>(
      `SELECT ${COLUMNS} FROM room_events WHERE room = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
      [room, before, Math.min(limit, MAX_EVENTS)],
    )
    return rows.map(toEvent).reverse()
  }

  /** The event that a sender stored with this client id, and the epoch of its room. */
  async withClientId(
    room: number,
    sender: string,
    clientId: string,
  ): Promise<{ event: StoredEvent; epoch: number } | undefined> {
    const [row] = await this.#database.query<EventRow & { epoch: number }>(
      `SELECT ${COLUMNS}, (SELECT epoch FROM rooms WHERE id = room_events.room) AS epoch
       FROM room_events WHERE room = ? AND sender = ? AND client_id = ?`,
      [room, sender, clientId],
    )
    return row && { event: toEvent(row), epoch: row.epoch }
  }
}

function toEvent(row: EventRow): StoredEvent {
  return {
    seq: row.seq,
    kind: row.kind,
    sender: row.sender,
    clientId: row.client_id,
    body: row.body,
    at: row.created_at,
  }
}

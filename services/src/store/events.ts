import type { StoredEvent } from '../protocol/events.ts'
import { MAX_PAGE_EVENTS } from '../support/limits.ts'
import type { Database, Row } from './database.ts'

type EventRow = Row & { seq: number; kind: string; sender: string; client_id: string; body: string; created_at: number }

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

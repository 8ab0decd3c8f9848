import type { StoredEvent } from '../protocol/events.ts'
import type { Database, Row } from './database.ts'

type EventRow = Row & { seq: number; kind: string; sender: string; client_id: string; body: string; created_at: number }

const columns = 'seq, kind, sender, client_id, body, created_at'

/** The largest page. With bodies of 16 KiB it is 3 MiB in memory. */
export const maxPage = 200

/** Reads a room's events by primary-key ranges, oldest first, at most one page at a time. */
export class Events {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Events with `after` < seq <= `upTo`. */
  async after(
    room: number,
    after: number,
    limit = maxPage,
    upTo: number = Number.MAX_SAFE_INTEGER,
  ): Promise<StoredEvent[]> {
    const rows = await this.#database.query<EventRow>(
      `SELECT ${columns} FROM room_events WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
      [room, after, upTo, Math.min(limit, maxPage)],
    )
    return rows.map(toEvent)
  }

  /** The last events with seq < `before`. */
  async before(room: number, before: number, limit = maxPage): Promise<StoredEvent[]> {
    const rows = await this.#database.query<EventRow>(
      `SELECT ${columns} FROM room_events WHERE room = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
      [room, before, Math.min(limit, maxPage)],
    )
    return rows.map(toEvent).reverse()
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

import { MAX_EXPIRED_EVENTS } from '../support/limits.ts'
import type { Database, Row } from './database.ts'
import { NOW_MS } from './sql.ts'

const PAGE_ROOMS = 200

/** Events of a room that have expired: its next ones, at most as many as one event of the kind `expired` may have. */
export interface Expiring {
  /** The room's id in the database. */
  readonly room: number
  readonly from: number
  readonly upTo: number
}

/** Finds the next range of each room that has texts which are older than the room's `expire_after_seconds`. */
export async function* expiring(database: Database): AsyncGenerator<Expiring> {
  for (let after = 0; ;) {
    const rooms = await database.query<Row & { id: number; next_at: number | null; before_at: number }>(
      `SELECT id, CAST(${NOW_MS} AS SIGNED) - 1000 * CAST(expire_after_seconds AS SIGNED) AS before_at,
         (SELECT created_at FROM room_events WHERE room = rooms.id AND seq > rooms.expired_seq ORDER BY seq LIMIT 1) AS next_at
       FROM rooms FORCE INDEX (rooms_expire_after_seconds)
       WHERE expire_after_seconds IS NOT NULL AND id > ? ORDER BY id LIMIT ${PAGE_ROOMS}`,
      [after],
    )
    for (const { id, next_at: nextAt, before_at: beforeAt } of rooms) {
      if (nextAt === null || nextAt >= beforeAt) continue
      const range = await nextRange(database, id, beforeAt)
      if (range) yield range
    }
    const last = rooms.at(-1)
    if (last === undefined || rooms.length < PAGE_ROOMS) return
    after = last.id
  }
}

/** Times of events never go back within a room, so those that have expired are the first ones. */
async function nextRange(database: Database, room: number, beforeAt: number): Promise<Expiring | undefined> {
  const [row] = await database.query<Row & { first: number | null; last: number | null }>(
    `SELECT MIN(seq) AS first, MAX(seq) AS last FROM (
       SELECT seq, created_at FROM room_events
       WHERE room = ? AND seq > (SELECT expired_seq FROM rooms WHERE id = ?) ORDER BY seq LIMIT ${MAX_EXPIRED_EVENTS}
     ) AS next WHERE created_at < ?`,
    [room, room, beforeAt],
  )
  if (!row || row.first === null || row.last === null) return undefined
  return { room, from: row.first, upTo: Math.min(row.last, row.first + MAX_EXPIRED_EVENTS - 1) }
}

import type { Database, Row } from './database.ts'
import { roomPages } from './room-pages.ts'
import type { RoomKey } from './rooms.ts'

/**
 * Whether somebody has an event in a room: one look-up. An EXISTS is read as a join, by the primary key of all events.
 * @param room an expression @param sender an expression @param more another condition of the event
 */
export const hasSent = (room: string, sender: string, more = 'TRUE') =>
  `(SELECT 1 FROM room_events FORCE INDEX (room_events_client_id)
    WHERE room_events.room = ${room} AND room_events.sender = ${sender} AND ${more} LIMIT 1) IS NOT NULL`

/**
 * The rooms with events of a user, whether still a member or not, by id. One statement looks at 1000 rooms by an index.
 * @param from the first id
 */
export async function* writtenRooms(database: Database, name: string, from = 1): AsyncGenerator<RoomKey> {
  for await (const [first, last] of roomPages(database, from))
    yield* await database.query<Row & RoomKey>(
      `SELECT rooms.id, rooms.slug, rooms.channel FROM rooms WHERE rooms.id BETWEEN ? AND ?
         AND ${hasSent('rooms.id', '?')} ORDER BY rooms.id`,
      [first, last, name],
    )
}

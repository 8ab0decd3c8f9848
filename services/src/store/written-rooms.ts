import type { Database, Row } from './database.ts'
import { roomPages } from './room-pages.ts'
import type { RoomKey } from './rooms.ts'

/** The rooms with events of a user, whether still a member or not. One statement looks at 1000 rooms by an index. */
export async function* writtenRooms(database: Database, name: string): AsyncGenerator<RoomKey> {
  for await (const [first, last] of roomPages(database))
    yield* await database.query<Row & RoomKey>(
      `SELECT rooms.id, rooms.slug, rooms.channel FROM rooms WHERE rooms.id BETWEEN ? AND ?
         AND EXISTS (SELECT 1 FROM room_events WHERE room_events.room = rooms.id AND room_events.sender = ?)`,
      [first, last, name],
    )
}

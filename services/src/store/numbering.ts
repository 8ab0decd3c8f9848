import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { statement, type Database, type Row } from './database.ts'
import { roomPages } from './room-pages.ts'
import { inTransaction } from './transaction.ts'

/** The counters of a room whose row is locked. */
export interface RoomNumbers {
  /** The room's id in the database. */
  readonly id: number
  readonly lastSeq: number
  /** Up to this event, the room's events have their `message_no` and `changed_seq`. */
  numberedSeq: number
  lastMessageNo: number
}

/** Events of one statement: it takes some 100 ms. */
const STATEMENT_EVENTS = 5000

/**
 * Completes `message_no` and `changed_seq` of the events that a release without these columns has stored, the oldest first.
 * It stored only messages, one number each. The caller has locked the room and writes its counters, which are changed.
 *
 * @param maxEvents further ones stay without numbers. @default all are numbered
 * @throws the driver's error
 */
export async function completeNumbers(
  connection: PoolConnection,
  room: RoomNumbers,
  maxEvents: number = Infinity,
): Promise<void> {
  const end = Math.min(room.lastSeq, room.numberedSeq + maxEvents)
  while (room.numberedSeq < end) await numberRange(connection, room, Math.min(end, room.numberedSeq + STATEMENT_EVENTS))
}

type RangeRow = Row & { highest: number | null }

async function numberRange(connection: PoolConnection, room: RoomNumbers, upTo: number): Promise<void> {
  const range = [room.id, room.numberedSeq, upTo]
  const inRange = 'room = ? AND seq > ? AND seq <= ?'
  const { affectedRows } = await statement<ResultSetHeader>(
    connection,
    `UPDATE room_events SET message_no = ? + seq - ?, changed_seq = seq WHERE ${inRange} AND changed_seq IS NULL`,
    [room.lastMessageNo, room.numberedSeq, ...range],
  )
  // A counter that was behind its events, after a restore, meets events that have their numbers.
  if (affectedRows < upTo - room.numberedSeq) {
    const [found] = await statement<RangeRow[]>(
      connection,
      `SELECT MAX(message_no) AS highest FROM room_events WHERE ${inRange}`,
      range,
    )
    room.lastMessageNo = Math.max(room.lastMessageNo, found?.highest ?? 0)
  } else room.lastMessageNo += upTo - room.numberedSeq
  room.numberedSeq = upTo
}

/**
 * Numbers the events that the release before has stored, in all rooms. Yields how many each transaction has numbered, at
 * most 5000. Of a room it numbers what is there when it begins with it.
 *
 * @throws the driver's error
 */
export async function* numberRooms(database: Database): AsyncGenerator<number> {
  for await (const [first, last] of roomPages(database)) {
    const rooms = await database.query<Row & { id: number }>(
      'SELECT id FROM rooms WHERE id BETWEEN ? AND ? AND numbered_seq < last_seq ORDER BY id',
      [first, last],
    )
    for (const { id } of rooms) yield* numberRoom(database, id)
  }
}

async function* numberRoom(database: Database, id: number): AsyncGenerator<number> {
  let end: number | undefined
  for (let reached = 0; reached < (end ?? Infinity);) {
    const numbered = await inTransaction(database, async (connection) => {
      const room = await lockNumbers(connection, id)
      if (!room) return undefined
      end ??= room.lastSeq
      const before = room.numberedSeq
      await completeNumbers(connection, room, STATEMENT_EVENTS)
      await writeNumbers(connection, room)
      return { events: room.numberedSeq - before, upTo: room.numberedSeq }
    })
    // The room is gone, or somebody else has numbered it.
    if (numbered === undefined || numbered.events === 0) return
    reached = numbered.upTo
    yield numbered.events
  }
}

type RoomRow = Row & { last_seq: number; numbered_seq: number; last_message_no: number }

/** Locks a room's row. Returns undefined if the room does not exist. */
export async function lockNumbers(connection: PoolConnection, id: number): Promise<RoomNumbers | undefined> {
  const [row] = await statement<RoomRow[]>(
    connection,
    'SELECT last_seq, numbered_seq, last_message_no FROM rooms WHERE id = ? FOR UPDATE',
    [id],
  )
  return row && { id, lastSeq: row.last_seq, numberedSeq: row.numbered_seq, lastMessageNo: row.last_message_no }
}

async function writeNumbers(
  connection: PoolConnection,
  { id, numberedSeq, lastMessageNo }: RoomNumbers,
): Promise<void> {
  await statement<ResultSetHeader>(connection, 'UPDATE rooms SET numbered_seq = ?, last_message_no = ? WHERE id = ?', [
    numberedSeq,
    lastMessageNo,
    id,
  ])
}

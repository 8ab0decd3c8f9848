import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { statement, type Database, type Row } from './database.ts'
import { roomPages } from './room-pages.ts'
import { inTransaction } from './transaction.ts'

/** The counters of a room, as its locked row has them. */
export interface RoomNumbers {
  /** The room's id in the database. */
  readonly id: number
  readonly lastSeq: number
  /** Up to this event, the room's events have their `message_no` and `changed_seq`. */
  readonly numberedSeq: number
  /** The `message_no` of the last message up to `numberedSeq`. */
  readonly lastMessageNo: number
}

/** Events of one statement: it takes some 100 ms. */
const STATEMENT_EVENTS = 5000
/** Rooms that are locked at a time. */
const TOGETHER_ROOMS = 200

/**
 * Numbers the events that the release before has stored in a room, the oldest first, and writes how far it came to the
 * room's row. They are all messages, so each of them has the number `lastMessageNo + (seq - numberedSeq)`. As long as
 * some are left, that is the number of the next message, too: a caller may store it with that number, and nothing
 * but messages.
 *
 * @param connection its transaction has locked the room's row
 * @param maxEvents further ones stay without numbers. @default all are numbered
 * @returns the counters as they are then; nothing is left if `numberedSeq` is `lastSeq`
 * @throws the driver's error
 */
export async function completeNumbers(
  connection: PoolConnection,
  { id, lastSeq, ...counters }: RoomNumbers,
  maxEvents: number = Infinity,
): Promise<Pick<RoomNumbers, 'numberedSeq' | 'lastMessageNo'>> {
  const end = Math.min(lastSeq, counters.numberedSeq + maxEvents)
  let { numberedSeq, lastMessageNo } = counters
  while (numberedSeq < end) {
    const upTo = Math.min(end, numberedSeq + STATEMENT_EVENTS)
    await statement<ResultSetHeader>(
      connection,
      `UPDATE room_events SET message_no = ? + (seq - ?), changed_seq = seq
       WHERE room = ? AND seq > ? AND seq <= ? AND kind = 'message' AND message_no IS NULL`,
      [lastMessageNo, numberedSeq, id, numberedSeq, upTo],
    )
    lastMessageNo += upTo - numberedSeq
    numberedSeq = upTo
  }
  if (numberedSeq > counters.numberedSeq) {
    await statement<ResultSetHeader>(
      connection,
      'UPDATE rooms SET numbered_seq = ?, last_message_no = ? WHERE id = ?',
      [numberedSeq, lastMessageNo, id],
    )
  }
  return { numberedSeq, lastMessageNo }
}

/**
 * Numbers the events that the release before has stored, in all rooms. Yields how many each transaction has numbered, at
 * most 5000. Small rooms share a transaction. Of a larger room it numbers what is there when it begins with it.
 *
 * @throws the driver's error
 */
export async function* numberRooms(database: Database): AsyncGenerator<number> {
  for await (const [first, last] of roomPages(database)) {
    const rooms = await database.query<Row & { id: number; last_seq: number }>(
      `SELECT id, last_seq FROM rooms
       WHERE id BETWEEN ? AND ? AND numbered_seq < last_seq ORDER BY id`,
      [first, last],
    )
    let [group, events] = [[] as number[], 0]
    for (const room of rooms) {
      // Their events are all looked at, also those that have numbers.
      if (room.last_seq > STATEMENT_EVENTS) {
        yield* numberRoom(database, room.id)
        continue
      }
      if (events + room.last_seq > STATEMENT_EVENTS || group.length >= TOGETHER_ROOMS) {
        yield await numberTogether(database, group)
        ;[group, events] = [[], 0]
      }
      group.push(room.id)
      events += room.last_seq
    }
    if (group.length > 0) yield await numberTogether(database, group)
  }
}

/** Numbers rooms that have few events. What was stored in them meanwhile is numbered, too. */
async function numberTogether(database: Database, ids: readonly number[]): Promise<number> {
  return inTransaction(
    database,
    async (connection) => {
      const rooms = await statement<(Row & { last_seq: number; numbered_seq: number })[]>(
        connection,
        'SELECT last_seq, numbered_seq FROM rooms WHERE id IN (?) ORDER BY id FOR UPDATE',
        [ids],
      )
      await statement<ResultSetHeader>(
        connection,
        `UPDATE rooms STRAIGHT_JOIN room_events ON room_events.room = rooms.id
           AND room_events.seq > rooms.numbered_seq AND room_events.seq <= rooms.last_seq
         SET room_events.message_no = rooms.last_message_no + (room_events.seq - rooms.numbered_seq),
           room_events.changed_seq = room_events.seq
         WHERE rooms.id IN (?) AND room_events.kind = 'message' AND room_events.message_no IS NULL`,
        [ids],
      )
      // The assignments are made from left to right.
      await statement<ResultSetHeader>(
        connection,
        `UPDATE rooms SET last_message_no = last_message_no + (last_seq - numbered_seq), numbered_seq = last_seq
         WHERE id IN (?) AND numbered_seq < last_seq`,
        [ids],
      )
      return rooms.reduce((sum, room) => sum + room.last_seq - room.numbered_seq, 0)
    },
    { attempts: 3 },
  )
}

async function* numberRoom(database: Database, id: number): AsyncGenerator<number> {
  let end: number | undefined
  for (let reached = 0; reached < (end ?? Infinity);) {
    const numbered = await inTransaction(database, async (connection) => {
      const room = await lockNumbers(connection, id)
      if (!room) return undefined
      end ??= room.lastSeq
      const { numberedSeq } = await completeNumbers(connection, room, STATEMENT_EVENTS)
      return { events: numberedSeq - room.numberedSeq, upTo: numberedSeq }
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

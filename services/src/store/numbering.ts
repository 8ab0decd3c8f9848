import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { statement, type Row } from './database.ts'
import type { LockedRoom } from './room-locks.ts'

type RangeRow = Row & { highest: number | null; numbered: number }

/**
 * Completes `message_no` and `changed_seq` of the events that a release without these columns has stored. It stored only
 * messages, one number each. The caller has locked the room and writes its counters.
 */
export async function completeNumbers(connection: PoolConnection, room: LockedRoom): Promise<void> {
  if (room.numberedSeq >= room.lastSeq) return
  const range = [room.id, room.numberedSeq, room.lastSeq]
  const [found] = await statement<RangeRow[]>(
    connection,
    `SELECT MAX(message_no) AS highest, COUNT(changed_seq) AS numbered FROM room_events
     WHERE room = ? AND seq > ? AND seq <= ?`,
    range,
  )
  await statement<ResultSetHeader>(
    connection,
    `UPDATE room_events SET message_no = ? + seq - ?, changed_seq = seq
     WHERE room = ? AND seq > ? AND seq <= ? AND changed_seq IS NULL`,
    [room.lastMessageNo, room.numberedSeq, ...range],
  )
  // A counter that was behind its events, after a restore, meets events that have their numbers.
  if (found && found.numbered > 0) room.lastMessageNo = Math.max(room.lastMessageNo, found.highest ?? 0)
  else room.lastMessageNo += room.lastSeq - room.numberedSeq
  room.numberedSeq = room.lastSeq
}

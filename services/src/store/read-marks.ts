import type { Database, Row } from './database.ts'

/** A user has read a room up to an event. */
export interface ReadMark {
  /** The room's id. */
  readonly room: number
  readonly user: string
  readonly userId: number
  readonly seq: number
}

/** A mark with the numbers that follow from it. */
export interface NumberedMark extends ReadMark {
  /** The number of the last message up to `seq`, or a lower one if that is not found. */
  readonly no: number
  /** Messages after `seq` that mention the user or everyone. */
  readonly mentions: number
}

/** Events before the mark that are looked at for the last message. */
const MAX_EVENTS = 1000
/** Messages of the room, the newest first, that are looked at when these events have none. */
const MAX_MESSAGES = 10_000

type NumberRow = Row & {
  position: number
  seq: number
  no: number | null
  mentions: number
  last_seq: number
  last_message_no: number
  is_numbered: number
  stored_seq: number | null
}

/**
 * Moves read marks forward, never back, and never beyond the room's last event: two statements, whatever their number,
 * and a third if there are only reactions and the like before some of them. A number of a mark that an earlier build has
 * stored wrong becomes right by it.
 * @returns the marks of rooms that exist
 */
export async function writeReadMarks(database: Database, marks: readonly ReadMark[]): Promise<NumberedMark[]> {
  if (marks.length === 0) return []
  const rows = await database.query<NumberRow>(
    marks.map(() => SELECT_NUMBERS).join('\nUNION ALL\n'),
    marks.flatMap((mark, position) => [position, ...valuesOf(mark)]),
  )
  const found = await findMessages(database, marks, rows)
  const numbered = rows.flatMap(({ position, seq, no, mentions, ...room }) => {
    const mark = marks[position]
    // At least: every event after the mark may be a message.
    const least = Math.max(room.last_message_no - (room.last_seq - seq), 0)
    if (!mark) return []
    const last = no ?? found.get(position)
    const isExact = last !== undefined && room.is_numbered === 1
    const wrongSeq = room.stored_seq !== null && room.stored_seq > room.last_seq ? room.stored_seq : undefined
    return [{ ...mark, seq, no: last ?? least, mentions, isExact, wrongSeq }]
  })
  if (numbered.length > 0) await update(database, numbered)
  return numbered
}

interface CountedMark extends NumberedMark {
  /** No message between the one of this number and the mark was overlooked. */
  readonly isExact: boolean
  /** The stored mark, if it is beyond the last event of the room. */
  readonly wrongSeq: number | undefined
}

const SELECT_NUMBERS = `SELECT ? AS position, CAST(LEAST(?, last_seq) AS UNSIGNED) AS seq, last_seq, last_message_no,
    IF(? >= last_seq, last_message_no, (SELECT MAX(message_no) FROM (
       SELECT message_no FROM room_events WHERE room = ? AND seq <= ? ORDER BY seq DESC LIMIT ?
     ) AS newest)) AS no,
    (SELECT COUNT(DISTINCT seq) FROM mentions WHERE user IN (0, ?) AND room = ? AND seq > ?) AS mentions,
    numbered_seq >= LEAST(?, last_seq) AS is_numbered,
    (SELECT read_seq FROM memberships WHERE room = ? AND member = ?) AS stored_seq
  FROM rooms WHERE id = ?`

/** The values of `SELECT_NUMBERS` after the first one. */
function valuesOf({ room, user, userId, seq }: ReadMark): readonly (number | string)[] {
  return [seq, seq, room, seq, MAX_EVENTS, userId, room, seq, seq, room, user, room]
}

/** The last message before each mark that has none among the events before it. */
async function findMessages(
  database: Database,
  marks: readonly ReadMark[],
  rows: readonly NumberRow[],
): Promise<ReadonlyMap<number, number>> {
  const missing = rows.filter(({ no, last_message_no: last }) => no === null && last > 0)
  if (missing.length === 0) return new Map()
  const found = await database.query<Row & { position: number; no: number | null }>(
    missing.map(() => SELECT_MESSAGE).join('\nUNION ALL\n'),
    missing.flatMap(({ position, seq }) => [position, marks[position]?.room ?? 0, MAX_MESSAGES, seq]),
  )
  return new Map(found.flatMap(({ position, no }) => (no === null ? [] : [[position, no] as const])))
}

/** The index has all that this reads. */
const SELECT_MESSAGE = `SELECT ? AS position, MAX(message_no) AS no FROM (
    SELECT seq, message_no FROM room_events FORCE INDEX (room_events_message_no)
    WHERE room = ? AND message_no IS NOT NULL ORDER BY message_no DESC LIMIT ?
  ) AS newest WHERE seq <= ?`

/** Rows are locked in the order of the key, as every call sorts them. */
async function update(database: Database, marks: readonly CountedMark[]): Promise<void> {
  const sorted = marks.toSorted((a, b) => a.room - b.room || (a.user < b.user ? -1 : 1))
  const columns = 'SELECT ? AS room, ? AS member, ? AS seq, ? AS no, ? AS is_exact, ? AS wrong_seq'
  const values = sorted.map(() => columns).join(' UNION ALL ')
  await database.execute(
    `UPDATE memberships JOIN (${values}) AS marks
       ON memberships.room = marks.room AND memberships.member = CONVERT(marks.member USING utf8mb4) COLLATE utf8mb4_bin
     SET memberships.read_seq = marks.seq,
       memberships.read_no = IF(marks.is_exact OR marks.wrong_seq IS NOT NULL, marks.no,
         GREATEST(memberships.read_no, marks.no))
     WHERE memberships.read_seq < marks.seq
       OR (memberships.read_seq = marks.seq AND marks.is_exact AND memberships.read_no <> marks.no)
       OR memberships.read_seq = marks.wrong_seq`,
    sorted.flatMap(({ room, user, seq, no, isExact, wrongSeq }) => [room, user, seq, no, isExact, wrongSeq ?? null]),
  )
}

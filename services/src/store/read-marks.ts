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
}

/**
 * Moves read marks forward, never back, and never beyond the room's last event: two statements, whatever their number,
 * and a third if there are only reactions and the like before some of them.
 * @returns the marks of rooms that exist
 */
export async function writeReadMarks(database: Database, marks: readonly ReadMark[]): Promise<NumberedMark[]> {
  if (marks.length === 0) return []
  const rows = await database.query<NumberRow>(
    marks.map(() => SELECT_NUMBERS).join('\nUNION ALL\n'),
    marks.flatMap(({ room, userId, seq }, position) =>
      [position, seq, seq, room, seq, MAX_EVENTS].concat(userId, room, seq, room),
    ),
  )
  const found = await findMessages(database, marks, rows)
  const numbered = rows.flatMap(({ position, seq, no, mentions, ...room }) => {
    const mark = marks[position]
    // At least: every event after the mark may be a message.
    const least = Math.max(room.last_message_no - (room.last_seq - seq), 0)
    return mark ? [{ ...mark, seq, no: no ?? found.get(position) ?? least, mentions }] : []
  })
  if (numbered.length > 0) await update(database, numbered)
  return numbered
}

const SELECT_NUMBERS = `SELECT ? AS position, CAST(LEAST(?, last_seq) AS UNSIGNED) AS seq, last_seq, last_message_no,
    IF(? >= last_seq, last_message_no, (SELECT MAX(message_no) FROM (
       SELECT message_no FROM room_events WHERE room = ? AND seq <= ? ORDER BY seq DESC LIMIT ?
     ) AS newest)) AS no,
    (SELECT COUNT(DISTINCT seq) FROM mentions WHERE user IN (0, ?) AND room = ? AND seq > ?) AS mentions
  FROM rooms WHERE id = ?`

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
async function update(database: Database, marks: readonly NumberedMark[]): Promise<void> {
  const sorted = marks.toSorted((a, b) => a.room - b.room || (a.user < b.user ? -1 : 1))
  const values = sorted.map(() => 'SELECT ? AS room, ? AS member, ? AS seq, ? AS no').join(' UNION ALL ')
  await database.execute(
    `UPDATE memberships JOIN (${values}) AS marks
       ON memberships.room = marks.room AND memberships.member = CONVERT(marks.member USING utf8mb4) COLLATE utf8mb4_bin
     SET memberships.read_seq = GREATEST(memberships.read_seq, marks.seq),
       memberships.read_no = GREATEST(memberships.read_no, marks.no)
     WHERE memberships.read_seq < marks.seq`,
    sorted.flatMap(({ room, user, seq, no }) => [room, user, seq, no]),
  )
}

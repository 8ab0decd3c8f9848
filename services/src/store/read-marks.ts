import type { Database, Row } from './database.ts'

/** A user has read a room up to an event. */
export interface ReadMark {
  /** The room's id. */
  readonly room: number
  readonly user: string
  /** Undefined if the user is not registered. */
  readonly userId: number | undefined
  readonly seq: number
}

/** A mark with the numbers that follow from it. */
export interface NumberedMark extends ReadMark {
  /** The number of the last message up to `seq`; 0 if that is not known. */
  readonly no: number
  /** Messages after `seq` that mention the user or everyone. */
  readonly mentions: number
}

/** Events before the mark that are looked at for the last message. */
const MAX_EVENTS = 1000

type NumberRow = Row & { position: number; seq: number; no: number | null; mentions: number }

/**
 * Moves read marks forward, never back, and never beyond the room's last event: two statements, whatever their number.
 * @returns the marks of rooms that exist
 */
export async function writeReadMarks(database: Database, marks: readonly ReadMark[]): Promise<NumberedMark[]> {
  if (marks.length === 0) return []
  const rows = await database.query<NumberRow>(
    marks.map(() => SELECT_NUMBERS).join('\nUNION ALL\n'),
    marks.flatMap(({ room, userId = 0, seq }, position) =>
      [position, seq, room, seq, MAX_EVENTS].concat(userId, room, seq, room),
    ),
  )
  const numbered = rows.flatMap(({ position, seq, no, mentions }) => {
    const mark = marks[position]
    return mark ? [{ ...mark, seq, no: no ?? 0, mentions }] : []
  })
  if (numbered.length > 0) await update(database, numbered)
  return numbered
}

const SELECT_NUMBERS = `SELECT ? AS position, CAST(LEAST(?, last_seq) AS UNSIGNED) AS seq,
    (SELECT MAX(message_no) FROM (
       SELECT message_no FROM room_events WHERE room = ? AND seq <= ? ORDER BY seq DESC LIMIT ?
     ) AS newest) AS no,
    (SELECT COUNT(DISTINCT seq) FROM mentions WHERE user IN (0, ?) AND room = ? AND seq > ?) AS mentions
  FROM rooms WHERE id = ?`

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

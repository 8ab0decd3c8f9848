import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import type { Audience } from '../protocol/events.ts'
import { statement, type Database, type Row } from '../store/database.ts'
import { NOW_MS } from '../store/sql.ts'

/** Rows of one query. */
const PAGE_ROWS = 200

/** The first row of a room that waits for a consumer. */
export interface Head {
  readonly id: number
  readonly room: number
  readonly isDue: boolean
}

export interface WaitingRow {
  readonly id: number
  readonly epoch: number
  readonly seq: number
  readonly kind: string
  readonly audience: Audience
  /** Attempts that failed. */
  readonly attempts: number
}

/**
 * The heads of the next rooms after the room `after`, in the order of their ids: those of the next 200 rows. Of a room with
 * more rows it reads no further ones.
 */
export async function headsAfter(database: Database, consumer: string, after: number): Promise<readonly Head[]> {
  const rows = await database.query<Row & { id: number; room: number; is_due: number }>(
    `SELECT id, room, due_at <= ${NOW_MS} AS is_due FROM outbox FORCE INDEX (outbox_room)
     WHERE consumer = ? AND is_failed = FALSE AND room > ? ORDER BY room, seq LIMIT ${PAGE_ROWS}`,
    [consumer, after],
  )
  return rows
    .filter(({ room }, index) => rows[index - 1]?.room !== room)
    .map(({ id, room, is_due }) => ({ id, room, isDue: is_due === 1 }))
}

/** Locks a head, unless another session has locked it or it is gone. Who has locked it works on its room alone. */
export async function lockHead(connection: PoolConnection, { id }: Head): Promise<boolean> {
  const rows = await statement<Row[]>(
    connection,
    'SELECT id FROM outbox WHERE id = ? AND is_failed = FALSE FOR UPDATE SKIP LOCKED',
    [id],
  )
  return rows.length > 0
}

/** The first rows of a room, in the order of the events. */
export async function firstRows(
  connection: PoolConnection,
  consumer: string,
  room: number,
  limit: number,
): Promise<readonly WaitingRow[]> {
  return statement<(Row & WaitingRow)[]>(
    connection,
    `SELECT id, epoch, seq, kind, audience, attempts FROM outbox
     WHERE consumer = ? AND is_failed = FALSE AND room = ? ORDER BY seq LIMIT ?`,
    [consumer, room, limit],
  )
}

/** Deletes rows one by one: with a list of ids the server may read all rows, and wait for those that others have locked. */
export async function deleteRows(connection: PoolConnection, ids: readonly number[]): Promise<void> {
  for (const id of ids) await statement<ResultSetHeader>(connection, 'DELETE FROM outbox WHERE id = ?', [id])
}

/**
 * Notes a failed attempt.
 *
 * @param mostAttempts the count stops there
 * @param givenUp whether the room goes on without the row
 */
export async function noteFailure(
  connection: PoolConnection,
  { id, pauseMs, mostAttempts, givenUp }: { id: number; pauseMs: number; mostAttempts: number; givenUp: boolean },
): Promise<void> {
  await statement<ResultSetHeader>(
    connection,
    `UPDATE outbox SET attempts = LEAST(attempts + 1, ?), due_at = ${NOW_MS} + ?, is_failed = ? WHERE id = ?`,
    [mostAttempts, pauseMs, givenUp, id],
  )
}

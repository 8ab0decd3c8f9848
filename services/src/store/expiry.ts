import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { statement, type Database, type Row } from './database.ts'
import type { EventRow } from './event-rows.ts'
import { requestHash, storedRequest } from './request-hash.ts'
import { NOW_MS } from './sql.ts'

/** Events that one event of the kind `expired` empties: the room is locked meanwhile. */
const RANGE_EVENTS = 1000
const PAGE_ROOMS = 200
/** Messages whose texts are read at once: about 1 MiB. */
const HASHED_ROWS = 64

const ADVANCE =
  'UPDATE rooms SET expired_seq = GREATEST(expired_seq, ?), expired_no = GREATEST(expired_no, ?) WHERE id = ?'

/** A room with texts that have expired. */
export interface Expiring {
  /** The room's id in the database. */
  readonly room: number
  /** The last event that has expired, of the next 1000 ones. */
  readonly upTo: number
}

/** The next range of a room that is older than the room keeps texts. */
export interface ExpiringRange extends Expiring {
  /** Whether it has a message with a text. One without needs no event, which would expire in its turn. */
  readonly hasTexts: boolean
}

/** The event that lets the texts of a room expire. Its client id is the same for all processes that find the range. */
export interface ExpiredEvent {
  readonly room: number
  readonly kind: 'expired'
  readonly sender: 'system'
  readonly senderId: 0
  readonly clientId: string
  readonly body: ''
  readonly data: { readonly upTo: number }
}

/**
 * Finds the next range of each room that has events which are older than the room's `expire_after_seconds`.
 *
 * @param onError told why a room is left out
 * @throws the driver's error if the rooms cannot be read
 */
export async function* expiring(database: Database, onError: (error: unknown) => void): AsyncGenerator<ExpiringRange> {
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
      const range = await nextRange(database, id, beforeAt).catch(onError)
      if (range) yield range
    }
    const last = rooms.at(-1)
    if (last === undefined || rooms.length < PAGE_ROOMS) return
    after = last.id
  }
}

/** Times of events never go back within a room, so those that have expired are the first ones. */
async function nextRange(database: Database, room: number, beforeAt: number): Promise<ExpiringRange | undefined> {
  const [row] = await database.query<Row & { seq: number | null; has_texts: number | null }>(
    `SELECT MAX(seq) AS seq, MAX(has_text) AS has_texts FROM (
       SELECT seq, created_at, (kind = 'message' AND expired_at IS NULL AND recalled_at IS NULL) AS has_text
       FROM room_events
       WHERE room = ? AND seq > (SELECT expired_seq FROM rooms WHERE id = ?) ORDER BY seq LIMIT ${RANGE_EVENTS}
     ) AS next WHERE created_at < ?`,
    [room, room, beforeAt],
  )
  if (!row || row.seq === null) return undefined
  return { room, upTo: row.seq, hasTexts: row.has_texts === 1 }
}

/** Passes over a range without texts. @throws the driver's error */
export async function passOver(database: Database, { room, upTo }: Expiring): Promise<void> {
  const [last] = await database.query<Row & { message_no: number | null }>(
    `SELECT MAX(message_no) AS message_no FROM room_events
     WHERE room = ? AND seq > (SELECT expired_seq FROM rooms WHERE id = ?) AND seq <= ?`,
    [room, room, upTo],
  )
  await database.execute(ADVANCE, [upTo, last?.message_no ?? 0, room])
}

export function expiredEvent({ room, upTo }: Expiring): ExpiredEvent {
  const sender = { sender: 'system', senderId: 0 } as const
  return { room, kind: 'expired', ...sender, clientId: `expired.${upTo}`, body: '', data: { upTo } }
}

/**
 * Empties the messages of a room up to an event: their texts, former texts, reactions and mentions. It is run in the
 * transaction that stores the event of the kind `expired`, which has locked the room's row.
 *
 * @param by that event
 * @throws the driver's error
 */
export async function emptyMessages(
  connection: PoolConnection,
  { room, upTo }: Expiring,
  by: { readonly at: number; readonly seq: number; readonly hashKey?: Buffer | undefined },
): Promise<void> {
  const [row] = await statement<(Row & { expired_seq: number })[]>(
    connection,
    'SELECT expired_seq FROM rooms WHERE id = ?',
    [room],
  )
  const range = [room, row?.expired_seq ?? 0, upTo]
  const within = 'room = ? AND seq > ? AND seq <= ?'
  const [last] = await statement<(Row & { message_no: number | null })[]>(
    connection,
    `SELECT MAX(message_no) AS message_no FROM room_events WHERE ${within}`,
    range,
  )
  if (by.hashKey) await hashRequests(connection, { room, after: row?.expired_seq ?? 0, upTo }, by.hashKey)
  await statement<ResultSetHeader>(
    connection,
    `UPDATE room_events SET body = '', data = NULL, reactions = NULL, pinned_at = NULL, expired_at = ?, changed_seq = ?
     WHERE ${within} AND kind = 'message' AND expired_at IS NULL AND recalled_at IS NULL`,
    [by.at, by.seq, ...range],
  )
  for (const table of ['former_texts', 'reactions', 'mentions']) {
    await statement<ResultSetHeader>(connection, `DELETE FROM ${table} WHERE ${within}`, range)
  }
  await statement<ResultSetHeader>(connection, ADVANCE, [upTo, last?.message_no ?? 0, room])
}

/**
 * Messages of the release before have no hash: their texts are what tells a repeat, so they are hashed before they go.
 * The original text of one that was edited without a hash is gone.
 */
async function hashRequests(
  connection: PoolConnection,
  { room, after, upTo }: Expiring & { readonly after: number },
  key: Buffer,
): Promise<void> {
  type Text = Row & Pick<EventRow, 'seq' | 'kind' | 'body' | 'audience' | 'target'> & { data: string | null }
  for (let from = after; ;) {
    const rows = await statement<Text[]>(
      connection,
      `SELECT seq, kind, body, audience, target, data FROM room_events
       WHERE room = ? AND seq > ? AND seq <= ? AND kind = 'message' AND request_hash IS NULL
         AND edited_at IS NULL AND recalled_at IS NULL AND expired_at IS NULL ORDER BY seq LIMIT ${HASHED_ROWS}`,
      [room, from, upTo],
    )
    const last = rows.at(-1)
    if (!last) return
    const hashes = rows.map((row) => {
      const data = row.data === null ? null : (JSON.parse(row.data) as Record<string, unknown>)
      return [row.seq, requestHash(key, storedRequest({ ...row, data }))] as const
    })
    await statement<ResultSetHeader>(
      connection,
      `UPDATE room_events SET request_hash = CASE seq ${hashes.map(() => 'WHEN ? THEN ?').join(' ')} END
       WHERE room = ? AND seq IN (?)`,
      [...hashes.flat(), room, hashes.map(([seq]) => seq)],
    )
    from = last.seq
  }
}

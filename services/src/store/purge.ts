import { KEPT_DAYS } from '../support/limits.ts'
import type { Database, Row } from './database.ts'
import { roomPages } from './room-pages.ts'
import { NOW_MS } from './sql.ts'

/** Rows of one statement: its locks are held for a moment only. */
const PURGED_ROWS = 1000
const KEPT_MS = KEPT_DAYS * 86_400_000

/** What is removed, with the statement that removes the oldest rows of it, by an index. */
const BY_AGE = {
  inbox: `DELETE FROM inbox WHERE created_at < ${NOW_MS} - ${KEPT_MS} ORDER BY created_at LIMIT ${PURGED_ROWS}`,
  invitations: `DELETE FROM registration_invitations WHERE expires_at < ${NOW_MS} ORDER BY expires_at LIMIT ${PURGED_ROWS}`,
  sessions: `DELETE FROM sessions WHERE expires_at < ${NOW_MS} ORDER BY expires_at LIMIT ${PURGED_ROWS}`,
} as const

export type Purged = keyof typeof BY_AGE | 'outbox' | 'events' | 'formerTexts'
type PurgedRows = readonly [what: Purged, rows: number]

/**
 * Removes what is kept for 30 days: entries of inboxes, rows of the outbox that nobody took, and messages that have
 * expired, with the events that changed them or let them expire. Removes what is of no use: sessions that have ended, invitations to register that nobody can use any more, and former texts of
 * messages without a text. Yields how many rows each statement has removed.
 *
 * @param onError told why a kind of rows, or the events of a room, are left; the others are removed
 * @throws the driver's error if the rooms cannot be read
 */
export async function* purge(database: Database, onError: (error: unknown) => void): AsyncGenerator<PurgedRows> {
  const byAge = Object.entries(BY_AGE) as [keyof typeof BY_AGE, string][]
  for (const [what, sql] of byAge) yield* guarded(purgeByAge(database, what, sql), onError)
  yield* guarded(purgeOutbox(database), onError)
  yield* guarded(purgeFormerTexts(database), onError)
  for await (const [first, last] of roomPages(database)) {
    const rooms = await database.query<Row & { id: number; expired_seq: number }>(
      'SELECT id, expired_seq FROM rooms WHERE id BETWEEN ? AND ? AND expired_seq > 0',
      [first, last],
    )
    for (const { id, expired_seq: expiredSeq } of rooms) yield* guarded(purgeEvents(database, id, expiredSeq), onError)
  }
}

/** Ends at an error, after it was told. */
async function* guarded(
  work: AsyncGenerator<PurgedRows>,
  onError: (error: unknown) => void,
): AsyncGenerator<PurgedRows> {
  try {
    yield* work
  } catch (error) {
    onError(error)
  }
}

async function* purgeByAge(
  database: Database,
  what: keyof typeof BY_AGE,
  sql: string,
): AsyncGenerator<readonly [typeof what, number]> {
  for (let rows = PURGED_ROWS; rows >= PURGED_ROWS;) {
    rows = (await database.execute(sql)).affectedRows
    yield [what, rows]
  }
}

/** Rows are written in about the order of their ids, so the oldest ones are the first. */
async function* purgeOutbox(database: Database): AsyncGenerator<readonly ['outbox', number]> {
  for (;;) {
    const rows = await database.query<Row & { id: number; is_old: number }>(
      `SELECT id, created_at < ${NOW_MS} - ${KEPT_MS} AS is_old FROM outbox ORDER BY id LIMIT ${PURGED_ROWS}`,
    )
    const old = rows.filter(({ is_old: isOld }) => isOld === 1).map(({ id }) => id)
    if (old.length === 0) return
    // One by one: with a list the server may read all rows, and wait for those that a relay has locked.
    for (const id of old)
      yield ['outbox', (await database.execute('DELETE FROM outbox WHERE id = ?', [id])).affectedRows]
  }
}

/**
 * The first messages of a room are those that expired first. What changed them goes with them, and so does what let them
 * expire, but for the last such event. Other events stay.
 */
async function* purgeEvents(
  database: Database,
  room: number,
  expiredSeq: number,
): AsyncGenerator<readonly ['events', number]> {
  let expired: number | undefined
  for (let after = 0; ;) {
    const events = await database.query<
      Row & { seq: number; is_message: number; is_expired: number; is_removed: number | null }
    >(
      `SELECT seq, kind = 'message' AS is_message, kind = 'expired' AS is_expired,
         CASE kind WHEN 'message' THEN COALESCE(expired_at, recalled_at) < ${NOW_MS} - ${KEPT_MS}
           WHEN 'expired' THEN created_at < ${NOW_MS} - ${KEPT_MS} ELSE target IS NOT NULL END AS is_removed
       FROM room_events WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ${PURGED_ROWS}`,
      [room, after, expiredSeq],
    )
    const kept = events.findIndex((event) => event.is_message === 1 && event.is_removed !== 1)
    const first = kept === -1 ? events : events.slice(0, kept)
    const seqs: number[] = []
    for (const { seq, is_expired: isExpired, is_removed: isRemoved } of first) {
      if (isExpired === 1) {
        if (expired !== undefined) seqs.push(expired)
        expired = isRemoved === 1 ? seq : undefined
      } else if (isRemoved === 1) seqs.push(seq)
    }
    if (seqs.length > 0) {
      const { affectedRows } = await database.execute('DELETE FROM room_events WHERE room = ? AND seq IN (?)', [
        room,
        seqs,
      ])
      yield ['events', affectedRows]
    }
    if (first.length < PURGED_ROWS) return
    after = first.at(-1)?.seq ?? expiredSeq
  }
}

/** What a message had said before it was recalled or has expired. */
async function* purgeFormerTexts(database: Database): AsyncGenerator<readonly ['formerTexts', number]> {
  type Text = Row & { room: number; seq: number; is_emptied: number }
  for (let [room, seq] = [0, 0]; ;) {
    const texts = await database.query<Text>(
      `SELECT texts.room, texts.seq, (events.seq IS NULL OR events.recalled_at IS NOT NULL OR events.expired_at IS NOT NULL) AS is_emptied
       FROM (SELECT DISTINCT room, seq FROM former_texts WHERE room > ? OR (room = ? AND seq > ?)
             ORDER BY room, seq LIMIT ${PURGED_ROWS}) AS texts
       LEFT JOIN room_events AS events ON events.room = texts.room AND events.seq = texts.seq
       ORDER BY texts.room, texts.seq`,
      [room, room, seq],
    )
    const emptied = texts.filter((text) => text.is_emptied === 1)
    for (const text of emptied) {
      const remove = 'DELETE FROM former_texts WHERE room = ? AND seq = ?'
      yield ['formerTexts', (await database.execute(remove, [text.room, text.seq])).affectedRows]
    }
    const last = texts.at(-1)
    if (last === undefined || texts.length < PURGED_ROWS) return
    ;({ room, seq } = last)
  }
}

import type { Database } from '../src/store/database.ts'

/** A row of `room_events`. The fields that are absent are those of a message of alice without text. */
export interface NewRow {
  readonly seq: number
  readonly kind?: string
  readonly sender?: string
  readonly body?: string
  readonly data?: object
  readonly target?: number | undefined
  readonly audience?: string
  readonly message_no?: number
  readonly changed_seq?: number
  readonly edited_at?: number
  readonly recalled_at?: number
  readonly expired_at?: number
  readonly pinned_at?: number
  readonly reactions?: object
  readonly sender_label?: string
}

/** Stores events of a room as this release does. If all of them are numbered, the room is. */
export async function addEvents(database: Database, room: number, rows: readonly NewRow[]): Promise<void> {
  if (rows.length === 0) return
  const json = (value: object | undefined) => value && JSON.stringify(value)
  const values = rows.map((row) => [
    room,
    row.seq,
    row.kind ?? 'message',
    row.sender ?? 'alice',
    `c${row.seq}`,
    row.body ?? '',
    1000,
    json(row.data),
    row.target,
    row.audience ?? 'all',
    row.message_no,
    row.changed_seq,
    row.edited_at,
    row.recalled_at,
    row.expired_at,
    row.pinned_at,
    json(row.reactions),
    row.sender_label,
  ])
  await database.execute(
    `INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at, data, target, audience, message_no,
       changed_seq, edited_at, recalled_at, expired_at, pinned_at, reactions, sender_label) VALUES ?`,
    [values],
  )
  const lastSeq = Math.max(...rows.map(({ seq }) => seq))
  const isNumbered = rows.every((row) => row.changed_seq !== undefined)
  const lastNo = Math.max(...rows.map((row) => row.message_no ?? 0))
  await database.execute(
    `UPDATE rooms SET last_seq = ?, changed_at = ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000)
       ${isNumbered ? `, numbered_seq = ${lastSeq}, last_message_no = GREATEST(last_message_no, ${lastNo})` : ''}
     WHERE id = ?`,
    [lastSeq, room],
  )
}

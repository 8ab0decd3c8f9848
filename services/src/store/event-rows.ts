import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import type { Audience } from '../protocol/events.ts'
import { statement } from './database.ts'
import type { ReactionCounts } from './reaction-counts.ts'

/** A row of `room_events`, before it is stored or while a later event changes it. */
export interface EventRow {
  readonly room: number
  readonly seq: number
  readonly kind: string
  readonly sender: string
  readonly senderId: number | null
  readonly senderLabel: string | null
  readonly clientId: string
  readonly at: number
  readonly audience: Audience
  readonly target: number | null
  readonly messageNo: number | null
  body: string
  data: Readonly<Record<string, unknown>> | null
  changedSeq: number | null
  editedAt: number | null
  recalledAt: number | null
  expiredAt: number | null
  pinnedAt: number | null
  reactions: ReactionCounts | null
  requestHash: Buffer | null
}

/** Each column with its value. */
const VALUES = {
  room: (row) => row.room,
  seq: (row) => row.seq,
  kind: (row) => row.kind,
  sender: (row) => row.sender,
  client_id: (row) => row.clientId,
  body: (row) => row.body,
  created_at: (row) => row.at,
  sender_id: (row) => row.senderId,
  sender_label: (row) => row.senderLabel,
  audience: (row) => row.audience,
  target: (row) => row.target,
  data: (row) => (row.data === null ? null : JSON.stringify(row.data)),
  message_no: (row) => row.messageNo,
  changed_seq: (row) => row.changedSeq,
  edited_at: (row) => row.editedAt,
  recalled_at: (row) => row.recalledAt,
  expired_at: (row) => row.expiredAt,
  pinned_at: (row) => row.pinnedAt,
  reactions: (row) => (row.reactions === null ? null : JSON.stringify(row.reactions)),
  request_hash: (row) => row.requestHash,
} satisfies Record<string, (row: EventRow) => unknown>

type Column = [name: string, valueOf: (row: EventRow) => unknown]

const COLUMNS: readonly Column[] = Object.entries(VALUES)
/** What a later event may change, with its column. */
const CHANGEABLE: Readonly<Record<string, string>> = {
  body: 'body',
  data: 'data',
  changedSeq: 'changed_seq',
  editedAt: 'edited_at',
  recalledAt: 'recalled_at',
  expiredAt: 'expired_at',
  pinnedAt: 'pinned_at',
  reactions: 'reactions',
  requestHash: 'request_hash',
}

/** The characters of what one statement writes, beside the numbers of its rows: far below `max_allowed_packet`. */
const CHUNK_CHARACTERS = 1024 * 1024

/**
 * An INSERT without the columns that are null in all rows: messages need half of them.
 * @param kept columns that it has in any case
 */
function insertOf(rows: readonly EventRow[], kept: readonly string[] = []): { sql: string; values: unknown[][] } {
  const all = COLUMNS.map(([name, valueOf]) => ({ name, values: rows.map(valueOf) }))
  const used = all.filter(({ name, values }) => values.some((value) => value !== null) || kept.includes(name))
  return {
    sql: `INSERT INTO room_events (${used.map(({ name }) => name).join(', ')}) VALUES ?`,
    values: rows.map((_, index) => used.map(({ values }) => values[index])),
  }
}

export async function insertEvents(connection: PoolConnection, rows: readonly EventRow[]): Promise<void> {
  const { sql, values } = insertOf(rows)
  await statement<ResultSetHeader>(connection, sql, [values])
}

/**
 * Writes what has changed of events whose rooms are locked. A text that has not changed is not written: a message of
 * which a reaction was counted may have 16 KiB.
 *
 * @param changes the rows with the properties that have changed
 */
export async function updateEvents(
  connection: PoolConnection,
  changes: ReadonlyMap<EventRow, ReadonlySet<string>>,
): Promise<void> {
  const groups = new Map<string, { columns: readonly string[]; rows: EventRow[] }>()
  for (const [row, names] of changes) {
    const columns = Object.entries(CHANGEABLE).flatMap(([name, column]) => (names.has(name) ? [column] : []))
    const key = columns.join(', ')
    // Without those that are not updated, for which the statement needs values.
    const written = { ...row, ...(!names.has('body') && { body: '' }), ...(!names.has('data') && { data: null }) }
    const group = groups.get(key)
    if (group) group.rows.push(written)
    else groups.set(key, { columns, rows: [written] })
  }
  for (const { columns, rows } of groups.values()) {
    const updates = columns.map((column) => `${column} = VALUES(${column})`).join(', ')
    for (const chunk of chunked(rows, lengthOf)) {
      const { sql, values } = insertOf(chunk, columns)
      await statement<ResultSetHeader>(connection, `${sql} ON DUPLICATE KEY UPDATE ${updates}`, [values])
    }
  }
}

function lengthOf({ body, data }: EventRow): number {
  return body.length + (data === null ? 0 : JSON.stringify(data).length)
}

/** Parts of at most 1 MiB, or of one row. */
export function chunked<T>(rows: readonly T[], length: (row: T) => number): T[][] {
  const chunks: T[][] = []
  let room = 0
  for (const row of rows) {
    room -= length(row)
    const last = chunks.at(-1)
    if (last && room >= 0) last.push(row)
    else {
      chunks.push([row])
      room = CHUNK_CHARACTERS - length(row)
    }
  }
  return chunks
}

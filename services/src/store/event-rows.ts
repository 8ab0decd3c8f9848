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

const COLUMNS = Object.keys(VALUES)
const INSERT = `INSERT INTO room_events (${COLUMNS.join(', ')}) VALUES ?`
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

const toValues = (row: EventRow) => Object.values(VALUES).map((value) => value(row))

export async function insertEvents(connection: PoolConnection, rows: readonly EventRow[]): Promise<void> {
  await statement<ResultSetHeader>(connection, INSERT, [rows.map(toValues)])
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
  const groups = new Map<string, EventRow[]>()
  for (const [row, names] of changes) {
    const columns = Object.keys(CHANGEABLE).filter((name) => names.has(name))
    const key = columns.map((name) => `${CHANGEABLE[name]} = VALUES(${CHANGEABLE[name]})`).join(', ')
    // Without those that are not updated, for which the statement needs values.
    const written = { ...row, ...(!names.has('body') && { body: '' }), ...(!names.has('data') && { data: null }) }
    const group = groups.get(key)
    if (group) group.push(written)
    else groups.set(key, [written])
  }
  for (const [updates, rows] of groups)
    for (const chunk of chunked(rows, lengthOf))
      await statement<ResultSetHeader>(connection, `${INSERT} ON DUPLICATE KEY UPDATE ${updates}`, [
        chunk.map(toValues),
      ])
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

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
/** What a later event may change. */
const CHANGEABLE = [
  'body',
  'data',
  'changed_seq',
  'edited_at',
  'recalled_at',
  'expired_at',
  'pinned_at',
  'reactions',
  'request_hash',
]
const UPSERT = `${INSERT} ON DUPLICATE KEY UPDATE ${CHANGEABLE.map((column) => `${column} = VALUES(${column})`).join(', ')}`

const toValues = (row: EventRow) => Object.values(VALUES).map((value) => value(row))

export async function insertEvents(connection: PoolConnection, rows: readonly EventRow[]): Promise<void> {
  await statement<ResultSetHeader>(connection, INSERT, [rows.map(toValues)])
}

/** Writes the present form of events whose rooms are locked. */
export async function updateEvents(connection: PoolConnection, rows: readonly EventRow[]): Promise<void> {
  if (rows.length > 0) await statement<ResultSetHeader>(connection, UPSERT, [rows.map(toValues)])
}

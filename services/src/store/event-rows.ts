import type { Audience, StoredEvent } from '../protocol/events.ts'
import type { Row } from './database.ts'

/**
 * The columns of `room_events AS event`, joined with `room_events AS present`: the message of an edit, whose row has the
 * text. A text with more bytes than the value of the placeholder is empty.
 */
export const EVENT_COLUMNS = `event.seq, event.kind, event.sender, event.client_id,
  IF(LENGTH(COALESCE(present.body, event.body)) > ?, '', COALESCE(present.body, event.body)) AS body,
  event.created_at, event.sender_label, event.audience, event.target, COALESCE(present.data, event.data) AS data,
  event.message_no, event.changed_seq, event.edited_at, event.recalled_at, event.expired_at, event.pinned_at,
  event.reactions`

export type EventRow = Row & {
  seq: number
  kind: string
  sender: string
  client_id: string
  body: string
  created_at: number
  sender_label: string | null
  audience: string
  target: number | null
  data: string | null
  message_no: number | null
  changed_seq: number | null
  edited_at: number | null
  recalled_at: number | null
  expired_at: number | null
  pinned_at: number | null
  reactions: string | null
}

export function toEvent(row: EventRow): StoredEvent {
  return {
    seq: row.seq,
    kind: row.kind,
    sender: row.sender,
    clientId: row.client_id,
    body: row.body,
    at: row.created_at,
    ...(row.audience !== 'all' && { audience: row.audience as Audience }),
    ...present('target', row.target),
    ...present('data', object(row.data)),
    ...present('messageNo', row.message_no),
    ...present('changedSeq', row.changed_seq),
    ...present('editedAt', row.edited_at),
    ...present('recalledAt', row.recalled_at),
    ...present('expiredAt', row.expired_at),
    ...present('pinnedAt', row.pinned_at),
    ...present('reactions', object(row.reactions)),
    ...present('senderLabel', row.sender_label),
  }
}

function present(name: keyof StoredEvent, value: unknown): object {
  return value === null ? {} : { [name]: value }
}

function object(json: string | null): object | null {
  return json === null ? null : (JSON.parse(json) as object)
}

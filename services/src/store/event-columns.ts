import type { Audience, StoredEvent } from '../protocol/events.ts'
import type { Row } from './database.ts'
import { parseReactions } from './reaction-counts.ts'

/** The columns of an event. Those of rows of the release before are null. */
export interface EventColumns {
  seq: number
  kind: string
  sender: string
  client_id: string
  body: string
  created_at: number
  data: string | null
  target: number | null
  audience: Audience
  message_no: number | null
  changed_seq: number | null
  edited_at: number | null
  recalled_at: number | null
  expired_at: number | null
  pinned_at: number | null
  reactions: string | null
  sender_label: string | null
}

export type EventRow = Row & EventColumns

/** The columns of an event, by name. */
export const EVENT_COLUMNS = [
  'seq',
  'kind',
  'sender',
  'client_id',
  'body',
  'created_at',
  'data',
  'target',
  'audience',
  'message_no',
  'changed_seq',
  'edited_at',
  'recalled_at',
  'expired_at',
  'pinned_at',
  'reactions',
  'sender_label',
]

/** The text of an edit is in the row of its message. */
const OF_TARGET: ReadonlySet<string> = new Set(['body', 'data', 'edited_at', 'recalled_at', 'expired_at'])

/** The columns of `room_events AS event`. */
export const COLUMNS = EVENT_COLUMNS.map((name) => `event.${name}`).join(', ')

/** The text of an event of `WITH_TARGETS`. */
export const PRESENT_TEXT = 'COALESCE(edited.body, event.body)'

/** Those of `WITH_TARGETS`, where an edit has the present form of its message. */
export const PRESENT_COLUMNS = presentColumns()

/** The same, with another expression for the text. @param text @default the text */
export function presentColumns(text: string = PRESENT_TEXT): string {
  return EVENT_COLUMNS.map((name) => {
    if (name === 'body') return `${text} AS body`
    return OF_TARGET.has(name) ? `COALESCE(edited.${name}, event.${name}) AS ${name}` : `event.${name}`
  }).join(', ')
}

export const WITH_TARGETS = `room_events AS event LEFT JOIN room_events AS edited
  ON event.kind = 'edit' AND edited.room = event.room AND edited.seq = event.target`

const TEXTS: ReadonlySet<string> = new Set([
  'kind',
  'sender',
  'client_id',
  'body',
  'data',
  'audience',
  'reactions',
  'sender_label',
])

/**
 * For a query that unites another row with events: the columns of an event of which `seq` alone means something. They
 * have the types of an event's columns, or the numbers of all rows would become decimals.
 * @param seq a number of the same type
 */
export function onlySeq(seq: string): string {
  return EVENT_COLUMNS.map((name) => `${TEXTS.has(name) ? "''" : seq} AS ${name}`).join(', ')
}

export function toEvent(row: EventRow): StoredEvent {
  const isGone = row.recalled_at !== null || row.expired_at !== null
  return {
    seq: row.seq,
    kind: row.kind,
    sender: row.sender,
    clientId: row.client_id,
    body: isGone ? '' : row.body,
    at: row.created_at,
    ...(row.data !== null && !isGone && { data: JSON.parse(row.data) as Readonly<Record<string, unknown>> }),
    ...(row.target !== null && { target: row.target }),
    ...(row.audience !== 'all' && { audience: row.audience }),
    ...(row.message_no !== null && { messageNo: row.message_no }),
    ...(row.changed_seq !== null && row.changed_seq > row.seq && { changedSeq: row.changed_seq }),
    ...(row.edited_at !== null && { editedAt: row.edited_at }),
    ...(row.recalled_at !== null && { recalledAt: row.recalled_at }),
    ...(row.expired_at !== null && { expiredAt: row.expired_at }),
    ...(row.pinned_at !== null && { pinnedAt: row.pinned_at }),
    ...(row.reactions !== null && { reactions: parseReactions(row.reactions) }),
    ...(row.sender_label !== null && { senderLabel: row.sender_label }),
  }
}

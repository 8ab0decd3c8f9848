import { must } from '@chat-app/testing'
import type { Database, Row } from '../../src/store/database.ts'
import type { ChatRoom } from './chat-room.ts'
import type { Ledger } from './ledger.ts'
import { Contradiction } from './options.ts'
import { wordsOf, type Shown } from './room-view.ts'

export type EventRow = Row & {
  seq: number
  kind: string
  sender: string
  client_id: string
  body: string
  data: string | null
  target: number | null
  message_no: number | null
  changed_seq: number | null
  edited_at: number | null
  recalled_at: number | null
  pinned_at: number | null
  reactions: string | null
  created_at: number
}

const COLUMNS =
  'seq, kind, sender, client_id, body, data, target, message_no, changed_seq, edited_at, recalled_at, pinned_at, reactions, created_at'

/** What the database has of a room since the last comparison. */
export interface StoredRoom {
  readonly room: ChatRoom
  readonly epoch: number
  readonly lastSeq: number
  /** The events since the last comparison. */
  readonly events: readonly EventRow[]
}

/**
 * Reads what was stored in a room since the last comparison, and compares it with what was acknowledged.
 *
 * @throws Contradiction
 */
export async function compareStored(database: Database, room: ChatRoom, ledger: Ledger): Promise<StoredRoom> {
  const { compared } = room
  const [head] = await database.query<Row & { epoch: number; last_seq: number; last_message_no: number }>(
    'SELECT epoch, last_seq, last_message_no FROM rooms WHERE id = ?',
    [room.id],
  )
  const { epoch, last_seq: lastSeq, last_message_no: lastNo } = must(head, 'the room')
  const rows = await database.query<EventRow>(
    `SELECT ${COLUMNS} FROM room_events WHERE room = ? AND (seq > ? OR changed_seq > ?) ORDER BY seq`,
    [room.id, compared.seq, compared.seq],
  )
  const events = rows.filter(({ seq }) => seq > compared.seq)
  let [messageNo, at] = [compared.messageNo, compared.at]
  for (const [index, row] of events.entries()) {
    const seq = compared.seq + index + 1
    if (row.seq !== seq) throw contradiction(room, `has no event ${seq}: after it comes ${row.seq}`)
    if (row.kind === 'message' && row.message_no !== (messageNo += 1))
      throw contradiction(room, `has the message number ${row.message_no} at the event ${seq}, and not ${messageNo}`)
    if (row.created_at < at) throw contradiction(room, `goes back in time at the event ${seq}`)
    at = row.created_at
    compareEvent(room, row, ledger)
    room.model.apply(eventOf(row, ledger))
  }
  if (compared.seq + events.length !== lastSeq)
    throw contradiction(room, `has last_seq ${lastSeq}, and ${compared.seq + events.length} events`)
  if (messageNo !== lastNo) throw contradiction(room, `has last_message_no ${lastNo}, and ${messageNo} messages`)
  compareAcknowledged(room, events, ledger)
  compareMessages(room, rows)
  await compareReactions(database, room)
  room.compared = { seq: lastSeq, messageNo, at }
  return { room, epoch, lastSeq, events }
}

function contradiction({ slug }: ChatRoom, words: string): Contradiction {
  return new Contradiction(`the room ${slug} ${words}`)
}

/** Every event was sent, by whom it says, and was not refused. */
function compareEvent(room: ChatRoom, row: EventRow, ledger: Ledger): void {
  const what = `${row.kind} ${row.client_id} of ${row.sender} at ${row.seq}`
  const action = ledger.get(row.sender, row.client_id)
  if (!action) throw contradiction(room, `has ${what}, which nobody sent`)
  const { kind, target = null, outcome, seq, code } = action
  if (action.room !== room.slug || kind !== row.kind || target !== row.target)
    throw contradiction(
      room,
      `has ${what} (target ${row.target}), and ${kind} was sent to ${action.room} (target ${target})`,
    )
  if (outcome === 'refused') throw contradiction(room, `has ${what}, which was refused with ${code}`)
  if (outcome === 'stored' && seq !== row.seq)
    throw contradiction(room, `has ${what}, which was acknowledged at ${seq}`)
}

/** Every acknowledged action was stored once, and those of one sender in their order. */
function compareAcknowledged(room: ChatRoom, events: readonly EventRow[], ledger: Ledger): void {
  const stored = new Map<string, number>()
  for (const { sender, client_id: clientId, seq } of events) {
    const at = `${sender}\0${clientId}`
    const before = stored.get(at)
    if (before !== undefined) throw contradiction(room, `has ${clientId} of ${sender} twice, at ${before} and ${seq}`)
    stored.set(at, seq)
  }
  const last = new Map<string, number>()
  for (const { room: slug, user, clientId, kind, outcome, seq = 0 } of ledger.actions) {
    if (slug !== room.slug || outcome !== 'stored') continue
    if (!stored.has(`${user}\0${clientId}`))
      throw contradiction(room, `has lost ${kind} ${clientId} of ${user}, which was acknowledged at ${seq}`)
    // A guest acts over HTTP and WebSocket at a time.
    if (user === room.guest) continue
    const before = last.get(user) ?? 0
    if (seq <= before)
      throw contradiction(
        room,
        `has ${kind} ${clientId} of ${user} at ${seq}, before one that was sent earlier (${before})`,
      )
    last.set(user, seq)
  }
}

/** The event as a client that was there received it. The texts of edits are in the rows of their messages alone. */
function eventOf(row: EventRow, ledger: Ledger) {
  const { seq, kind, sender, client_id: clientId, target, data } = row
  return {
    seq,
    kind,
    sender,
    clientId,
    body: ledger.get(sender, clientId)?.body ?? '',
    ...(target !== null && { target }),
    ...(data !== null && { data: JSON.parse(data) as Record<string, unknown> }),
  }
}

/** Each message is as its changes have made it. */
function compareMessages(room: ChatRoom, rows: readonly EventRow[]): void {
  for (const row of rows) {
    const expected = row.kind === 'message' ? room.model.messages.get(row.seq) : undefined
    if (!expected) continue
    const found: Shown = {
      clientId: row.client_id,
      sender: row.sender,
      body: row.body,
      changedSeq: row.changed_seq ?? 0,
      isEdited: row.edited_at !== null,
      isRecalled: row.recalled_at !== null,
      isPinned: row.pinned_at !== null,
      reactions: new Map(Object.entries(JSON.parse(row.reactions ?? '{}') as Record<string, number>)),
    }
    if (wordsOf(found) !== wordsOf(expected) || found.changedSeq !== expected.changedSeq)
      throw contradiction(
        room,
        `has the message ${row.seq} as ${wordsOf(found)} changed by ${found.changedSeq}, and its events say ${wordsOf(expected)} changed by ${expected.changedSeq}`,
      )
  }
}

/** The counts of reactions are those of their rows. */
async function compareReactions(database: Database, room: ChatRoom): Promise<void> {
  const first = room.model.messages.keys().next().value ?? 0
  const rows = await database.query<Row & { seq: number; reaction: string; count: number }>(
    'SELECT seq, reaction, COUNT(*) AS count FROM reactions WHERE room = ? AND seq >= ? GROUP BY seq, reaction',
    [room.id, first],
  )
  const counted = new Map(rows.map(({ seq, reaction, count }) => [`${reaction} of ${seq}`, count]))
  for (const [seq, { reactions }] of room.model.messages)
    for (const [sign, count] of reactions) {
      const at = `${sign} of ${seq}`
      if (counted.get(at) !== count)
        throw contradiction(room, `counts the reaction ${at} as ${count}, and has ${counted.get(at) ?? 0}`)
      counted.delete(at)
    }
  const [left] = counted
  if (left) throw contradiction(room, `has the reaction ${left[0]} ${left[1]} times, and counts none`)
}

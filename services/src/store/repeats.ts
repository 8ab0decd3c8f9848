import type { PoolConnection } from 'mysql2/promise'
import type { Audience } from '../protocol/events.ts'
import { statement, type Database, type Row } from './database.ts'
import type { EventRow } from './event-rows.ts'
import type { NewEvent, Position } from './new-event.ts'
import { requestHash } from './request-hash.ts'

/** What is compared with an event that may have been stored before. */
export type Stored = Pick<EventRow, 'seq' | 'at' | 'kind' | 'body' | 'requestHash' | 'audience' | 'messageNo'>

/** What is the same for an event and its repeats. */
export function repeatKey({ room, sender, clientId }: Pick<NewEvent, 'room' | 'sender' | 'clientId'>): string {
  return `${room}\0${sender}\0${clientId}`
}

type StoredRow = Row & {
  room: number
  sender: string
  client_id: string
  seq: number
  created_at: number
  kind: string
  body: string
  request_hash: Buffer | null
  audience: Audience
  message_no: number | null
}

const COLUMNS = 'room, sender, client_id, seq, created_at, kind, body, request_hash, audience, message_no'

/** The events that were stored with the client ids of these, by `repeatKey`. */
export async function findStored(
  connection: PoolConnection,
  events: readonly NewEvent[],
): Promise<Map<string, Stored>> {
  if (events.length === 0) return new Map()
  const clientIds = new Map<string, { room: number; sender: string; ids: string[] }>()
  for (const { room, sender, clientId } of events) {
    const at = `${room}\0${sender}`
    const group = clientIds.get(at)
    if (group) group.ids.push(clientId)
    else clientIds.set(at, { room, sender, ids: [clientId] })
  }
  // One range of the unique index for each room and sender. MariaDB would not use the index for row constructors.
  const groups = [...clientIds.values()]
  const rows = await statement<StoredRow[]>(
    connection,
    `SELECT ${COLUMNS}
     FROM room_events FORCE INDEX (room_events_client_id)
     WHERE ${groups.map(() => '(room = ? AND sender = ? AND client_id IN (?))').join(' OR ')}`,
    groups.flatMap(({ room, sender, ids }) => [room, sender, ids]),
  )
  return new Map(rows.map((row) => [repeatKey({ ...row, clientId: row.client_id }), toStored(row)]))
}

function toStored({ seq, created_at: at, kind, body, audience, ...row }: StoredRow): Stored {
  return { seq, at, kind, body, audience, requestHash: row.request_hash, messageNo: row.message_no }
}

/**
 * The event's place, if it was stored by an earlier call.
 * @throws the driver's error
 */
export async function findRepeat(database: Database, event: NewEvent, key?: Buffer): Promise<Position | undefined> {
  const [row] = await database.query<StoredRow & { epoch: number }>(
    `SELECT ${COLUMNS}, (SELECT epoch FROM rooms WHERE id = room_events.room) AS epoch
     FROM room_events WHERE room = ? AND sender = ? AND client_id = ?`,
    [event.room, event.sender, event.clientId],
  )
  if (!row) return undefined
  const stored = toStored(row)
  const isSame = isSameRequest(stored, event, key ? requestHash(key, event) : null)
  return isSame ? positionOf(stored, row.epoch, true) : undefined
}

/** A release without hashes has stored the text alone. */
export function isSameRequest(stored: Stored, event: NewEvent, hash: Buffer | null): boolean {
  if (stored.requestHash && hash) return stored.requestHash.equals(hash)
  return stored.kind === event.kind && stored.body === event.body
}

export function positionOf({ seq, at, audience, messageNo }: Stored, epoch: number, repeated: boolean): Position {
  return { epoch, seq, at, repeated, audience, ...(messageNo !== null && { messageNo }) }
}

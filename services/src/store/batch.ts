import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { statement, type Row } from './database.ts'
import { leavesUsable } from './mysql-errors.ts'

export interface NewEvent {
  /** rooms.id */
  readonly room: number
  readonly kind: string
  readonly sender: string
  /** Chosen by the sender: the same id in the same room is the same event, however often it is sent. */
  readonly clientId: string
  readonly body: string
}

/** Where an event stands; `repeated` when it had been stored before. */
export interface Position {
  readonly epoch: number
  readonly seq: number
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
  readonly repeated: boolean
}

export type Outcome = Position | 'no-room'

/**
 * Stores a batch in one transaction: the rooms' rows are locked in the order of their ids (so that two batches never wait for each
 * other in a circle), client ids that exist keep their number, new events get the next ones, and everything is committed before
 * this returns. Outcomes stand in the order of the events. READ COMMITTED is set on every connection of the pool.
 */
export async function storeBatch(connection: PoolConnection, events: readonly NewEvent[]): Promise<Outcome[]> {
  await statement(connection, 'START TRANSACTION')
  try {
    const rooms = await lockRooms(connection, events)
    const known = await existing(connection, events)
    const { outcomes, rows } = number(events, rooms, known)
    if (rows.length > 0) {
      await insert(connection, rows)
      await advance(connection, rooms)
    }
    await statement(connection, 'COMMIT')
    return outcomes
  } catch (error) {
    // A lock wait time-out undoes only its own statement: without this the rest would be committed with the next batch.
    // A connection that is not lent again is not asked either: it is cut, and the server rolls back.
    if (leavesUsable(error)) await statement(connection, 'ROLLBACK').catch(() => connection.destroy())
    throw error
  }
}

interface LockedRoom {
  readonly id: number
  readonly epoch: number
  readonly now: number
  lastSeq: number
  grew: boolean
}

const databaseNow = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)'

async function lockRooms(connection: PoolConnection, events: readonly NewEvent[]): Promise<Map<number, LockedRoom>> {
  const ids = [...new Set(events.map(({ room }) => room))].sort((a, b) => a - b)
  const rows = await statement<(Row & { id: number; epoch: number; last_seq: number; now: number })[]>(
    connection,
    `SELECT id, epoch, last_seq, ${databaseNow} AS now FROM rooms WHERE id IN (?) ORDER BY id FOR UPDATE`,
    [ids],
  )
  return new Map(
    rows.map((row) => [row.id, { id: row.id, epoch: row.epoch, now: row.now, lastSeq: row.last_seq, grew: false }]),
  )
}

type Stored = Pick<Position, 'seq' | 'at'>

const key = (room: number, sender: string, clientId: string) => `${room}\0${sender}\0${clientId}`

async function existing(connection: PoolConnection, events: readonly NewEvent[]): Promise<Map<string, Stored>> {
  const clientIds = new Map<string, { room: number; sender: string; ids: string[] }>()
  for (const { room, sender, clientId } of events) {
    const at = `${room}\0${sender}`
    const group = clientIds.get(at)
    if (group) group.ids.push(clientId)
    else clientIds.set(at, { room, sender, ids: [clientId] })
  }
  // One range of the unique index for each room and sender: row constructors would not use it on MariaDB.
  const groups = [...clientIds.values()]
  const rows = await statement<
    (Row & { room: number; sender: string; client_id: string; seq: number; created_at: number })[]
  >(
    connection,
    `SELECT room, sender, client_id, seq, created_at FROM room_events FORCE INDEX (room_events_client_id)
     WHERE ${groups.map(() => '(room = ? AND sender = ? AND client_id IN (?))').join(' OR ')}`,
    groups.flatMap(({ room, sender, ids }) => [room, sender, ids]),
  )
  return new Map(rows.map((row) => [key(row.room, row.sender, row.client_id), { seq: row.seq, at: row.created_at }]))
}

type EventRow = [room: number, seq: number, kind: string, sender: string, clientId: string, body: string, at: number]

function number(events: readonly NewEvent[], rooms: Map<number, LockedRoom>, known: Map<string, Stored>) {
  const rows: EventRow[] = []
  const outcomes = events.map((event): Outcome => {
    const room = rooms.get(event.room)
    if (!room) return 'no-room'
    const at = key(event.room, event.sender, event.clientId)
    const stored = known.get(at)
    if (stored) return { epoch: room.epoch, ...stored, repeated: true }
    room.lastSeq += 1
    room.grew = true
    const position = { seq: room.lastSeq, at: room.now }
    known.set(at, position)
    rows.push([room.id, position.seq, event.kind, event.sender, event.clientId, event.body, position.at])
    return { epoch: room.epoch, ...position, repeated: false }
  })
  return { outcomes, rows }
}

async function insert(connection: PoolConnection, rows: readonly EventRow[]): Promise<void> {
  await statement<ResultSetHeader>(
    connection,
    'INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at) VALUES ?',
    [rows],
  )
}

async function advance(connection: PoolConnection, rooms: Map<number, LockedRoom>): Promise<void> {
  const grown = [...rooms.values()].filter(({ grew }) => grew)
  const cases = grown.map(() => 'WHEN ? THEN ?').join(' ')
  await statement<ResultSetHeader>(
    connection,
    `UPDATE rooms SET last_seq = CASE id ${cases} END, changed_at = ${databaseNow} WHERE id IN (?)`,
    [...grown.flatMap(({ id, lastSeq }) => [id, lastSeq]), grown.map(({ id }) => id)],
  )
}

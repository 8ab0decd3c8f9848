import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { statement, type Row } from './database.ts'
import { leavesUsable } from './mysql-errors.ts'
import { NOW_MS } from './sql.ts'

export interface NewEvent {
  /** The room's id in the database. */
  readonly room: number
  readonly kind: string
  readonly sender: string
  /** Chosen by the sender. An event with the same id from the same sender in the same room is stored once. */
  readonly clientId: string
  readonly body: string
}

/** An event's place in its room. */
export interface Position {
  readonly epoch: number
  readonly seq: number
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
  /** The event had been stored by an earlier call. */
  readonly repeated: boolean
}

export type Outcome = Position | 'no-room'

/**
 * Stores a batch in one READ COMMITTED transaction and returns its outcomes in the order of the events. Rooms are
 * locked in the order of their ids, so that two batches cannot deadlock. Client ids that exist keep their numbers; new
 * events get the next ones.
 * @throws the driver's error; nothing of the batch is stored then, unless the answer to COMMIT was lost
 */
export async function storeBatch(connection: PoolConnection, events: readonly NewEvent[]): Promise<Outcome[]> {
  await statement(connection, 'START TRANSACTION')
  try {
    const rooms = await lockRooms(connection, events)
    const known = await findStored(connection, events)
    const { outcomes, rows } = assignNumbers(events, rooms, known)
    if (rows.length > 0) {
      await insertEvents(connection, rows)
      await advanceRooms(connection, rooms)
    }
    await statement(connection, 'COMMIT')
    return outcomes
  } catch (error) {
    // A lock time-out undoes only its own statement: without ROLLBACK the next batch would commit the rest. A
    // connection that will be destroyed needs none: the server rolls back by itself.
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

async function lockRooms(connection: PoolConnection, events: readonly NewEvent[]): Promise<Map<number, LockedRoom>> {
  const ids = [...new Set(events.map(({ room }) => room))].sort((a, b) => a - b)
  const rows = await statement<(Row & { id: number; epoch: number; last_seq: number; now: number })[]>(
    connection,
    `SELECT id, epoch, last_seq, ${NOW_MS} AS now FROM rooms WHERE id IN (?) ORDER BY id FOR UPDATE`,
    [ids],
  )
  return new Map(
    rows.map((row) => [row.id, { id: row.id, epoch: row.epoch, now: row.now, lastSeq: row.last_seq, grew: false }]),
  )
}

type Stored = Pick<Position, 'seq' | 'at'>

const key = (room: number, sender: string, clientId: string) => `${room}\0${sender}\0${clientId}`

async function findStored(connection: PoolConnection, events: readonly NewEvent[]): Promise<Map<string, Stored>> {
  const clientIds = new Map<string, { room: number; sender: string; ids: string[] }>()
  for (const { room, sender, clientId } of events) {
    const at = `${room}\0${sender}`
    const group = clientIds.get(at)
    if (group) group.ids.push(clientId)
    else clientIds.set(at, { room, sender, ids: [clientId] })
  }
  // One range of the unique index for each room and sender. MariaDB would not use the index for row constructors.
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

function assignNumbers(events: readonly NewEvent[], rooms: Map<number, LockedRoom>, known: Map<string, Stored>) {
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

async function insertEvents(connection: PoolConnection, rows: readonly EventRow[]): Promise<void> {
  await statement<ResultSetHeader>(
    connection,
    'INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at) VALUES ?',
    [rows],
  )
}

async function advanceRooms(connection: PoolConnection, rooms: Map<number, LockedRoom>): Promise<void> {
  const grown = [...rooms.values()].filter(({ grew }) => grew)
  const cases = grown.map(() => 'WHEN ? THEN ?').join(' ')
  await statement<ResultSetHeader>(
    connection,
    `UPDATE rooms SET last_seq = CASE id ${cases} END, changed_at = ${NOW_MS} WHERE id IN (?)`,
    [...grown.flatMap(({ id, lastSeq }) => [id, lastSeq]), grown.map(({ id }) => id)],
  )
}

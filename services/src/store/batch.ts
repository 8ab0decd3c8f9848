import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { statement, type Row } from './database.ts'
import { leavesUsable } from './mysql-errors.ts'
import { advanceRooms, findLocked, lockRooms, repairCounters, type LockedRoom, type Repair } from './room-locks.ts'

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

/** Why one event is not stored: its room does not exist, or its client id belongs to another event. */
export type Refusal = 'no-room' | 'conflict'

export type Outcome = Position | Refusal

export interface BatchOptions {
  /** Leaves out the rooms that another session has locked, instead of waiting for their locks. @default false */
  readonly skipLocked?: boolean
  /** Compares `last_seq` of each room with its last event, and continues after the higher one. @default false */
  readonly repair?: boolean
}

export interface StoredBatch {
  /** In the order of the events; undefined for those of rooms that were left out. */
  readonly outcomes: readonly (Outcome | undefined)[]
  /** The rooms that were left out, by id, with their `last_seq`. */
  readonly locked: ReadonlyMap<number, number>
  readonly repairs: readonly Repair[]
}

/**
 * Stores a batch in one READ COMMITTED transaction. Rooms are locked in the order of their ids, so that two batches
 * cannot deadlock. Client ids that exist keep their numbers; new events get the next ones.
 * @throws the driver's error; nothing of the batch is stored then, unless the answer to COMMIT was lost
 */
export async function storeBatch(
  connection: PoolConnection,
  events: readonly NewEvent[],
  { skipLocked = false, repair = false }: BatchOptions = {},
): Promise<StoredBatch> {
  await statement(connection, 'START TRANSACTION')
  try {
    const rooms = await lockRooms(connection, idsOf(events), skipLocked)
    const locked = skipLocked ? await findLocked(connection, idsOf(events), rooms) : new Map<number, number>()
    const repairs = repair ? await repairCounters(connection, rooms) : []
    const known = await findStored(connection, locked.size === 0 ? events : events.filter((e) => !locked.has(e.room)))
    const { outcomes, rows } = assignNumbers(events, { rooms, locked, known })
    if (rows.length > 0) {
      await insertEvents(connection, rows)
      await advanceRooms(connection, rooms)
    }
    await statement(connection, 'COMMIT')
    return { outcomes, locked, repairs }
  } catch (error) {
    // A lock time-out undoes only its own statement: without ROLLBACK the next batch would commit the rest. A
    // connection that will be destroyed needs none: the server rolls back by itself.
    if (leavesUsable(error)) await statement(connection, 'ROLLBACK').catch(() => connection.destroy())
    throw error
  }
}

function idsOf(events: readonly NewEvent[]): number[] {
  return [...new Set(events.map(({ room }) => room))].sort((a, b) => a - b)
}

type Stored = Pick<Position, 'seq' | 'at'> & Pick<NewEvent, 'kind' | 'body'>

const key = (room: number, sender: string, clientId: string) => `${room}\0${sender}\0${clientId}`

type StoredRow = Row & {
  room: number
  sender: string
  client_id: string
  seq: number
  created_at: number
  kind: string
  body: string
}

async function findStored(connection: PoolConnection, events: readonly NewEvent[]): Promise<Map<string, Stored>> {
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
    `SELECT room, sender, client_id, seq, created_at, kind, body
     FROM room_events FORCE INDEX (room_events_client_id)
     WHERE ${groups.map(() => '(room = ? AND sender = ? AND client_id IN (?))').join(' OR ')}`,
    groups.flatMap(({ room, sender, ids }) => [room, sender, ids]),
  )
  return new Map(
    rows.map(({ room, sender, client_id: clientId, seq, created_at: at, kind, body }) => [
      key(room, sender, clientId),
      { seq, at, kind, body },
    ]),
  )
}

type EventRow = [room: number, seq: number, kind: string, sender: string, clientId: string, body: string, at: number]

interface Found {
  readonly rooms: ReadonlyMap<number, LockedRoom>
  readonly locked: ReadonlyMap<number, number>
  /** The events that have one of the batch's client ids. Those of the batch are added. */
  readonly known: Map<string, Stored>
}

function assignNumbers(events: readonly NewEvent[], { rooms, locked, known }: Found) {
  const rows: EventRow[] = []
  const outcomes = events.map((event): Outcome | undefined => {
    const room = rooms.get(event.room)
    if (!room) return locked.has(event.room) ? undefined : 'no-room'
    const { kind, sender, clientId, body } = event
    const at = key(event.room, sender, clientId)
    const stored = known.get(at)
    if (stored) {
      if (stored.kind !== kind || stored.body !== body) return 'conflict'
      return { epoch: room.epoch, seq: stored.seq, at: stored.at, repeated: true }
    }
    room.lastSeq += 1
    room.grew = true
    const position = { seq: room.lastSeq, at: room.at }
    known.set(at, { ...position, kind, body })
    rows.push([room.id, position.seq, kind, sender, clientId, body, position.at])
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

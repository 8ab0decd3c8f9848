import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { statement, type Row } from './database.ts'
import { NOW_MS } from './sql.ts'

/** A room whose `last_seq` was lower than the number of its last event. */
export interface Repair {
  /** The room's id in the database. */
  readonly room: number
  /** `last_seq` as it was. */
  readonly from: number
  /** The number of the last event. */
  readonly to: number
}

/** A room whose row this transaction has locked. */
export interface LockedRoom {
  readonly id: number
  readonly epoch: number
  /** The database's clock. */
  readonly now: number
  /** The time of the room's next event: `now`, but never before its last event. */
  readonly at: number
  lastSeq: number
  grew: boolean
}

type RoomRow = Row & { id: number; epoch: number; last_seq: number; changed_at: number; now: number }

/** Locks those of the rooms that exist, in the order of their ids. @param skipLocked leaves out those that others have locked */
export async function lockRooms(
  connection: PoolConnection,
  ids: readonly number[],
  skipLocked: boolean,
): Promise<Map<number, LockedRoom>> {
  const rows = await statement<RoomRow[]>(
    connection,
    `SELECT id, epoch, last_seq, changed_at, ${NOW_MS} AS now FROM rooms WHERE id IN (?) ORDER BY id
     FOR UPDATE${skipLocked ? ' SKIP LOCKED' : ''}`,
    [ids],
  )
  return new Map(
    rows.map(({ id, epoch, last_seq: lastSeq, changed_at: changedAt, now }) => [
      id,
      { id, epoch, now, at: Math.max(now, changedAt), lastSeq, grew: false },
    ]),
  )
}

/** Of the rooms that were not locked here, those that exist, with their `last_seq`: another session has locked them. */
export async function findLocked(
  connection: PoolConnection,
  ids: readonly number[],
  rooms: ReadonlyMap<number, LockedRoom>,
): Promise<Map<number, number>> {
  const missing = ids.filter((id) => !rooms.has(id))
  if (missing.length === 0) return new Map()
  const rows = await statement<(Row & { id: number; last_seq: number })[]>(
    connection,
    'SELECT id, last_seq FROM rooms WHERE id IN (?)',
    [missing],
  )
  return new Map(rows.map(({ id, last_seq: lastSeq }) => [id, lastSeq]))
}

/** Raises `lastSeq` of the rooms whose last event has a higher number. */
export async function repairCounters(connection: PoolConnection, rooms: Map<number, LockedRoom>): Promise<Repair[]> {
  if (rooms.size === 0) return []
  const rows = await statement<(Row & { room: number; seq: number | null })[]>(
    connection,
    `SELECT id AS room, (SELECT seq FROM room_events WHERE room = rooms.id ORDER BY seq DESC LIMIT 1) AS seq
     FROM rooms WHERE id IN (?)`,
    [[...rooms.keys()]],
  )
  return rows.flatMap(({ room: id, seq }) => {
    const room = rooms.get(id)
    if (!room || seq === null || seq <= room.lastSeq) return []
    const repair = { room: id, from: room.lastSeq, to: seq }
    room.lastSeq = seq
    return [repair]
  })
}

/**
 * Writes the counters of the rooms that grew. `changed_at` is not before the times of their new events, even if the clock
 * was set back after the rooms were read.
 */
export async function advanceRooms(connection: PoolConnection, rooms: Map<number, LockedRoom>): Promise<void> {
  const grown = [...rooms.values()].filter(({ grew }) => grew)
  const now = Math.max(...grown.map((room) => room.now))
  const cases = grown.map(() => 'WHEN ? THEN ?').join(' ')
  await statement<ResultSetHeader>(
    connection,
    `UPDATE rooms SET last_seq = CASE id ${cases} END, changed_at = GREATEST(changed_at, ${NOW_MS}, ?) WHERE id IN (?)`,
    [...grown.flatMap(({ id, lastSeq }) => [id, lastSeq]), now, grown.map(({ id }) => id)],
  )
}

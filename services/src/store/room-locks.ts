import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import type { RoomRules } from '../policy/types.ts'
import { statement, type Row } from './database.ts'
import { NOW_MS } from './sql.ts'
import { valuesTable } from './union.ts'

const COUNTER = 'BIGINT UNSIGNED'

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
  /** Up to this event, the numbers of messages are complete. */
  numberedSeq: number
  /** Counts what makes the room unread for everyone, and for the staff alone. */
  lastMessageNo: number
  lastStaffNo: number
  rules: RoomRules
  recallWithinSeconds: number | undefined
  maxMembers: number | undefined
}

type RoomRow = Row & {
  id: number
  epoch: number
  last_seq: number
  changed_at: number
  now: number
  kind: string
  join_rule: RoomRules['join']
  post_rule: RoomRules['post']
  history_rule: RoomRules['history']
  recall_within_seconds: number | null
  max_members: number | null
  numbered_seq: number
  last_message_no: number
  last_staff_no: number
  ended_at: number | null
}

/** Locks those of the rooms that exist, in the order of their ids. @param skipLocked leaves out those that others have locked */
export async function lockRooms(
  connection: PoolConnection,
  ids: readonly number[],
  skipLocked: boolean,
): Promise<Map<number, LockedRoom>> {
  const rows = await statement<RoomRow[]>(
    connection,
    `SELECT id, epoch, last_seq, changed_at, ${NOW_MS} AS now, kind, join_rule, post_rule, history_rule,
       recall_within_seconds, max_members, numbered_seq, last_message_no, last_staff_no, ended_at
     FROM rooms WHERE id IN (?) ORDER BY id FOR UPDATE${skipLocked ? ' SKIP LOCKED' : ''}`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, toLocked(row)]))
}

function toLocked(row: RoomRow): LockedRoom {
  return {
    id: row.id,
    epoch: row.epoch,
    now: row.now,
    at: Math.max(row.now, row.changed_at),
    lastSeq: row.last_seq,
    grew: false,
    numberedSeq: row.numbered_seq,
    lastMessageNo: row.last_message_no,
    lastStaffNo: row.last_staff_no,
    rules: toRules(row),
    recallWithinSeconds: row.recall_within_seconds ?? undefined,
    maxMembers: row.max_members ?? undefined,
  }
}

export function toRules(
  row: Pick<RoomRow, 'kind' | 'join_rule' | 'post_rule' | 'history_rule' | 'ended_at'>,
): RoomRules {
  return {
    kind: row.kind,
    join: row.join_rule,
    post: row.post_rule,
    history: row.history_rule,
    endedAt: row.ended_at ?? undefined,
  }
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

/**
 * Raises `lastSeq` of the rooms whose last event has a higher number, and the counters of messages to those of the events
 * that have them.
 */
export async function repairCounters(connection: PoolConnection, rooms: Map<number, LockedRoom>): Promise<Repair[]> {
  if (rooms.size === 0) return []
  const rows = await statement<
    (Row & { room: number; seq: number | null; changed_seq: number | null; no: number | null })[]
  >(
    connection,
    `SELECT rooms.id AS room, newest.seq, newest.changed_seq,
       (SELECT MAX(message_no) FROM room_events WHERE room = rooms.id) AS no
     FROM rooms LEFT JOIN room_events AS newest ON newest.room = rooms.id
       AND newest.seq = (SELECT MAX(seq) FROM room_events WHERE room = rooms.id)
     WHERE rooms.id IN (?)`,
    [[...rooms.keys()]],
  )
  return rows.flatMap(({ room: id, seq, changed_seq: changedSeq, no }) => {
    const room = rooms.get(id)
    if (!room || seq === null || seq <= room.lastSeq) return []
    const repair = { room: id, from: room.lastSeq, to: seq }
    room.lastSeq = seq
    if (changedSeq !== null) {
      room.numberedSeq = seq
      room.lastMessageNo = Math.max(room.lastMessageNo, no ?? 0)
    }
    return [repair]
  })
}

/**
 * Writes the counters of the rooms that grew. `changed_at` is not before the times of their new events, even if the clock
 * was set back after the rooms were read.
 * @param hasNumbers whether the events have numbers of messages
 */
export async function advanceRooms(
  connection: PoolConnection,
  rooms: ReadonlyMap<number, LockedRoom>,
  hasNumbers: boolean,
): Promise<void> {
  const grown = [...rooms.values()].filter(({ grew }) => grew)
  const now = Math.max(...grown.map((room) => room.now))
  const counters: [column: string, of: (room: LockedRoom) => number][] = [['last_seq', ({ lastSeq }) => lastSeq]]
  if (hasNumbers) {
    counters.push(['last_message_no', (room) => room.lastMessageNo], ['numbered_seq', (room) => room.lastSeq])
    if (grown.some((room) => room.lastStaffNo > 0)) counters.push(['last_staff_no', (room) => room.lastStaffNo])
  }
  const types = Object.fromEntries(['id', ...counters.map(([column]) => column)].map((name) => [name, COUNTER]))
  await statement<ResultSetHeader>(
    connection,
    `UPDATE ${valuesTable(types)} AS grown STRAIGHT_JOIN rooms ON rooms.id = grown.id
     SET ${counters.map(([column]) => `rooms.${column} = grown.${column}`).join(', ')},
       rooms.changed_at = GREATEST(rooms.changed_at, ${NOW_MS}, ?)`,
    [JSON.stringify(grown.map((room) => [room.id, ...counters.map(([, of]) => of(room))])), now],
  )
}

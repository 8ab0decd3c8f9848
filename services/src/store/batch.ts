import type { PoolConnection } from 'mysql2/promise'
import type { Audience } from '../protocol/events.ts'
import { AppError } from '../support/errors.ts'
import { statement, type Row } from './database.ts'
import { insertEvents, type EventRow } from './event-rows.ts'
import { leavesUsable } from './mysql-errors.ts'
import type { NewEvent, Outcome, Position } from './new-event.ts'
import { completeNumbers } from './numbering.ts'
import { requestHash } from './request-hash.ts'
import { advanceRooms, findLocked, lockRooms, repairCounters, type LockedRoom, type Repair } from './room-locks.ts'
import type { Approved, Decisions, EventRules } from './rules.ts'

export interface BatchOptions {
  /** Leaves out the rooms that another session has locked, instead of waiting for their locks. @default false */
  readonly skipLocked?: boolean
  /** Compares `last_seq` of each room with its last event, and continues after the higher one. @default false */
  readonly repair?: boolean
}

/** What the writer knows of the database beside its rooms. */
export interface BatchContext {
  /** The rules of the kinds. While they are absent, events are numbered as the release before does. */
  readonly rules?: EventRules | undefined
  /** The key of the hashes of requests. @default no hashes */
  readonly hashKey?: Buffer | undefined
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
  { rules, hashKey }: BatchContext = {},
): Promise<StoredBatch> {
  await statement(connection, 'START TRANSACTION')
  try {
    const rooms = await lockRooms(connection, idsOf(events), skipLocked)
    const locked = skipLocked ? await findLocked(connection, idsOf(events), rooms) : new Map<number, number>()
    const repairs = repair ? await repairCounters(connection, rooms) : []
    const present = events.filter(({ room }) => rooms.has(room))
    const known = await findStored(connection, present)
    if (rules) for (const room of rooms.values()) await completeNumbers(connection, room)
    const decisions = await rules?.prepare(connection, present, rooms)
    const { outcomes, rows } = assignNumbers(events, { rooms, locked, known, decisions, hashKey })
    if (rows.length > 0) {
      await insertEvents(connection, rows)
      await decisions?.write(connection)
      await advanceRooms(connection, rooms, rules !== undefined)
    }
    await statement(connection, 'COMMIT')
    decisions?.committed()
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

type Stored = Pick<EventRow, 'seq' | 'at' | 'kind' | 'body' | 'requestHash' | 'audience' | 'messageNo'>

const key = (room: number, sender: string, clientId: string) => `${room}\0${sender}\0${clientId}`

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
    `SELECT room, sender, client_id, seq, created_at, kind, body, request_hash, audience, message_no
     FROM room_events FORCE INDEX (room_events_client_id)
     WHERE ${groups.map(() => '(room = ? AND sender = ? AND client_id IN (?))').join(' OR ')}`,
    groups.flatMap(({ room, sender, ids }) => [room, sender, ids]),
  )
  return new Map(rows.map((row) => [key(row.room, row.sender, row.client_id), toStored(row)]))
}

function toStored({ seq, created_at: at, kind, body, audience, ...row }: StoredRow): Stored {
  return { seq, at, kind, body, audience, requestHash: row.request_hash, messageNo: row.message_no }
}

interface Found {
  readonly rooms: ReadonlyMap<number, LockedRoom>
  readonly locked: ReadonlyMap<number, number>
  /** The events that have one of the batch's client ids. Those of the batch are added. */
  readonly known: Map<string, Stored>
  readonly decisions: Decisions | undefined
  readonly hashKey: Buffer | undefined
}

function assignNumbers(events: readonly NewEvent[], { rooms, locked, known, decisions, hashKey }: Found) {
  const rows: EventRow[] = []
  const outcomes = events.map((event): Outcome | undefined => {
    const room = rooms.get(event.room)
    if (!room) return locked.has(event.room) ? undefined : 'no-room'
    const at = key(event.room, event.sender, event.clientId)
    const hash = hashKey ? requestHash(hashKey, event) : null
    const stored = known.get(at)
    // Before anything is refused: what was stored keeps its acknowledgement, whatever its sender may do now.
    if (stored) return isSameRequest(stored, event, hash) ? positionOf(stored, room, true) : 'conflict'
    const approved = decisions ? decisions.decide(event, room, room.lastSeq + 1) : unchecked(event)
    if (approved instanceof AppError || typeof approved === 'string') return approved
    const row = numbered(event, room, approved, { hash, isCounted: decisions !== undefined })
    known.set(at, row)
    rows.push(row)
    decisions?.stored(row)
    return positionOf(row, room, false)
  })
  return { outcomes, rows }
}

/** A release without hashes has stored the text alone. */
function isSameRequest(stored: Stored, event: NewEvent, hash: Buffer | null): boolean {
  if (stored.requestHash && hash) return stored.requestHash.equals(hash)
  return stored.kind === event.kind && stored.body === event.body
}

function positionOf({ seq, at, audience, messageNo }: Stored, { epoch }: LockedRoom, repeated: boolean): Position {
  return { epoch, seq, at, repeated, audience, ...(messageNo !== null && { messageNo }) }
}

function unchecked({ senderId, audience, body }: NewEvent): Approved {
  return { senderId: senderId ?? null, audience: audience ?? 'all', counts: 'no', body }
}

/** Gives the event the next number of its room. */
function numbered(
  event: NewEvent,
  room: LockedRoom,
  { senderId, audience, counts, body }: Approved,
  { hash, isCounted }: { hash: Buffer | null; isCounted: boolean },
): EventRow {
  room.lastSeq += 1
  room.grew = true
  if (counts === 'all') room.lastMessageNo += 1
  if (counts === 'staff') room.lastStaffNo += 1
  return {
    room: room.id,
    seq: room.lastSeq,
    kind: event.kind,
    sender: event.sender,
    senderId,
    senderLabel: event.senderLabel ?? null,
    clientId: event.clientId,
    at: room.at,
    audience,
    target: event.target ?? null,
    messageNo: counts === 'all' ? room.lastMessageNo : null,
    body,
    data: event.data ?? null,
    changedSeq: isCounted ? room.lastSeq : null,
    editedAt: null,
    recalledAt: null,
    expiredAt: null,
    pinnedAt: null,
    reactions: null,
    requestHash: hash,
  }
}

import type { PoolConnection } from 'mysql2/promise'
import { AppError } from '../support/errors.ts'
import { statement } from './database.ts'
import { insertEvents, type EventRow } from './event-rows.ts'
import { isClientIdTaken, leavesUsable } from './mysql-errors.ts'
import type { NewEvent, Outcome } from './new-event.ts'
import { completeNumbers } from './numbering.ts'
import { findStored, isSameRequest, positionOf, repeatKey, type Stored } from './repeats.ts'
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
 * cannot deadlock. Client ids that exist keep their numbers; new events get the next ones. Messages alone take six
 * statements, whatever their rooms and senders.
 * @throws the driver's error; nothing of the batch is stored then, unless the answer to COMMIT was lost
 */
export async function storeBatch(
  connection: PoolConnection,
  events: readonly NewEvent[],
  { skipLocked = false, repair = false }: BatchOptions = {},
  context: BatchContext = {},
): Promise<StoredBatch> {
  await statement(connection, 'START TRANSACTION')
  try {
    const rooms = await lockRooms(connection, idsOf(events), skipLocked)
    const locked = skipLocked ? await findLocked(connection, idsOf(events), rooms) : new Map<number, number>()
    const repairs = repair ? await repairCounters(connection, rooms) : []
    if (context.rules) for (const room of rooms.values()) Object.assign(room, await completeNumbers(connection, room))
    const { outcomes, committed } = await storeNew(connection, events, { rooms, locked }, context)
    await statement(connection, 'COMMIT')
    committed?.()
    return { outcomes, locked, repairs }
  } catch (error) {
    // A lock time-out undoes only its own statement: without ROLLBACK the next batch would commit the rest. A
    // connection that will be destroyed needs none: the server rolls back by itself.
    if (leavesUsable(error)) await statement(connection, 'ROLLBACK').catch(() => connection.destroy())
    throw error
  }
}

interface Locks {
  readonly rooms: ReadonlyMap<number, LockedRoom>
  readonly locked: ReadonlyMap<number, number>
}

interface Stores {
  readonly outcomes: readonly (Outcome | undefined)[]
  /** Called after COMMIT. */
  readonly committed: (() => void) | undefined
}

/**
 * Takes all events for new ones, because nearly all are. A client id that exists fails the INSERT, and that alone: then
 * the client ids are looked up, and the batch is numbered once more.
 */
async function storeNew(
  connection: PoolConnection,
  events: readonly NewEvent[],
  locks: Locks,
  context: BatchContext,
): Promise<Stores> {
  const copies = new Map([...locks.rooms].map(([id, room]) => [id, { ...room }]))
  try {
    return await storeUnknown(connection, events, { ...locks, rooms: copies, known: undefined }, context)
  } catch (error) {
    if (!isClientIdTaken(error)) throw error
    const present = events.filter(({ room }) => locks.rooms.has(room))
    const known = await findStored(connection, present)
    return storeUnknown(connection, events, { ...locks, known }, context)
  }
}

async function storeUnknown(
  connection: PoolConnection,
  events: readonly NewEvent[],
  found: Locks & { readonly known: Map<string, Stored> | undefined },
  { rules, hashKey }: BatchContext,
): Promise<Stores> {
  const { rooms, locked, known } = found
  const present = events.filter(({ room }) => rooms.has(room))
  const decisions = await rules?.prepare(connection, present, rooms, hashKey)
  const { outcomes, rows } = assignNumbers(events, { rooms, locked, known: known ?? new Map(), decisions, hashKey })
  // Before anything is refused: what was stored keeps its acknowledgement, whatever its sender may do now.
  if (!known) await acknowledgeStored(connection, events, { outcomes, rooms, hashKey })
  if (rows.length > 0) {
    await insertEvents(connection, rows)
    await decisions?.write(connection)
    await advanceRooms(connection, rooms, rules !== undefined)
  }
  return { outcomes, committed: decisions && (() => decisions.committed()) }
}

/** Looks up the client ids of the events that were refused. */
async function acknowledgeStored(
  connection: PoolConnection,
  events: readonly NewEvent[],
  { outcomes, rooms, hashKey }: Pick<Found, 'rooms' | 'hashKey'> & { readonly outcomes: (Outcome | undefined)[] },
): Promise<void> {
  const isRefused = (outcome: Outcome | undefined) => outcome instanceof AppError || typeof outcome === 'string'
  const refused = events.filter(({ room }, index) => rooms.has(room) && isRefused(outcomes[index]))
  if (refused.length === 0) return
  const known = await findStored(connection, refused)
  for (const [index, event] of events.entries()) {
    const [room, stored] = [rooms.get(event.room), known.get(repeatKey(event))]
    if (room && stored && isRefused(outcomes[index])) outcomes[index] = repeatOf(stored, event, room, hashKey)
  }
}

function repeatOf(stored: Stored, event: NewEvent, room: LockedRoom, hashKey: Buffer | undefined): Outcome {
  const hash = hashKey ? requestHash(hashKey, event) : null
  return isSameRequest(stored, event, hash) ? positionOf(stored, room.epoch, true) : 'conflict'
}

function idsOf(events: readonly NewEvent[]): number[] {
  return [...new Set(events.map(({ room }) => room))].sort((a, b) => a - b)
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
    const at = repeatKey(event)
    const hash = hashKey ? requestHash(hashKey, event) : null
    const stored = known.get(at)
    if (stored) return isSameRequest(stored, event, hash) ? positionOf(stored, room.epoch, true) : 'conflict'
    const approved = decisions ? decisions.decide(event, room, room.lastSeq + 1) : unchecked(event)
    if (approved instanceof AppError || typeof approved === 'string') return approved
    const row = numbered(event, room, approved, { hash, isCounted: decisions !== undefined })
    known.set(at, row)
    rows.push(row)
    decisions?.stored(row)
    return positionOf(row, room.epoch, false)
  })
  return { outcomes, rows }
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

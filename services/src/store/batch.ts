import type { PoolConnection } from 'mysql2/promise'
import { AppError } from '../support/errors.ts'
import { statement } from './database.ts'
import { insertEvents, type EventRow } from './event-rows.ts'
import { leavesUsable } from './mysql-errors.ts'
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
    if (rules) for (const room of rooms.values()) Object.assign(room, await completeNumbers(connection, room))
    const decisions = await rules?.prepare(connection, present, rooms, hashKey)
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
    // Before anything is refused: what was stored keeps its acknowledgement, whatever its sender may do now.
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

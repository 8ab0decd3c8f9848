import type { Policy } from '../policy/policy.ts'
import { readerOf } from '../policy/visible.ts'
import type { Cursor } from '../protocol/client-frames.ts'
import type { Marks, RoomState } from '../store/room-states.ts'
import { MAX_SYNC_EVENTS } from '../support/limits.ts'
import type { FollowedRooms } from './followed-rooms.ts'
import { mayRead, type ReadingUser } from './readable.ts'
import { readMissed, type Behind, type EventSources, type Missed } from './sync-events.ts'

/** What a client has of a room. */
export interface AskedRoom {
  readonly room: string
  /** The client has every event up to this one. */
  readonly after?: Cursor | undefined
  /** The client has every change of the messages that it keeps up to this event. */
  readonly changedSeq?: number | undefined
}

export interface SyncSources extends EventSources {
  readonly policy: Policy
  readonly followed: Pick<FollowedRooms, 'bySlug'>
}

export interface SyncReader {
  readonly user: ReadingUser
  /** What the events of all rooms may have as JSON. */
  readonly maxBytes: number
}

/** What the answer says of a room. */
export interface ReadRoom {
  readonly slug: string
  /** Undefined for a room that does not exist, or that the user may not read. */
  readonly state: RoomState | undefined
  readonly member: Marks | undefined
  readonly missed: Missed
}

/**
 * Reads many rooms with at most three statements: the heads of those that this process does not know, the memberships of
 * all, and the events that are not in memory. A room that is named twice is answered once.
 */
export async function readRooms(
  sources: SyncSources,
  asked: readonly AskedRoom[],
  { user, maxBytes }: SyncReader,
): Promise<ReadRoom[]> {
  const wanted = [...new Map(asked.map((room) => [room.room, room])).values()]
  const states = await readStates(sources, wanted)
  const ids = [...states.values()].map(({ id }) => id)
  const members = await sources.states.marks(ids, user.user, user.userId)
  const positions = wanted.flatMap((room) => {
    const state = states.get(room.room)
    const member = state && members.get(state.id)
    return state && mayRead(sources.policy, user, state, member) ? [positionOf(room, state, member, user)] : []
  })
  const missed = await readMissed(
    sources,
    positions.flatMap(({ behind }) => behind ?? []),
    maxBytes,
  )
  const found = new Map(positions.map((position) => [position.state.slug, position]))
  return wanted.map(({ room: slug }) => {
    const position = found.get(slug)
    if (!position) return { slug, state: undefined, member: undefined, missed: {} }
    const { state, member } = position
    return { slug, state, member, missed: missedOf(position, missed.get(state.id)) }
  })
}

/** From memory, unless the client knows more; else from the database. */
async function readStates(
  { states, followed }: SyncSources,
  asked: readonly AskedRoom[],
): Promise<Map<string, RoomState>> {
  const known = asked.flatMap(({ room, after }) => {
    const state = followed.bySlug(room)?.state
    return state && !(after && after.epoch === state.epoch && after.seq > state.lastSeq) ? [state] : []
  })
  const found = new Map(known.map((state) => [state.slug, state]))
  const read = await states.heads(asked.flatMap(({ room }) => (found.has(room) ? [] : [room])))
  for (const [slug, state] of read) found.set(slug, state)
  return found
}

/** Where a client is in a room. */
interface Position {
  readonly state: RoomState
  readonly member: Marks | undefined
  readonly asked: AskedRoom
  readonly isReset: boolean
  /** More events follow than an answer has. */
  readonly isFar: boolean
  readonly behind: Behind | undefined
}

function positionOf(asked: AskedRoom, state: RoomState, member: Marks | undefined, user: ReadingUser): Position {
  const after = asked.after ?? undefined
  const isValid = after !== undefined && after.epoch === state.epoch && after.seq <= state.lastSeq
  const count = isValid ? state.lastSeq - after.seq : 0
  const isFar = count > MAX_SYNC_EVENTS
  const reader = readerOf(user, member ?? { fromSeq: 0 })
  const behind = isValid && count > 0 && !isFar ? { state, after: after.seq, reader } : undefined
  return { state, member, asked, isReset: after !== undefined && !isValid, isFar, behind }
}

function missedOf({ state, asked, isReset, isFar, behind }: Position, read: Missed | undefined): Missed {
  if (isReset) return { reset: true }
  const missed: Missed = isFar ? { gap: true } : behind && read ? read : {}
  const { after } = asked
  const changedSeq = asked.changedSeq ?? Infinity
  // What the events of this answer change, the client sees in them.
  const seenUpTo = missed.gap || !after ? state.lastSeq : after.seq
  return { ...missed, ...(changedSeq < seenUpTo && { changes: true }) }
}

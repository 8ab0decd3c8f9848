import type { Policy } from '../policy/policy.ts'
import type { Cursor } from '../protocol/client-frames.ts'
import type { Marks, RoomState } from '../store/room-states.ts'
import { MAX_SYNC_EVENTS } from '../support/limits.ts'
import type { FollowedRooms } from './followed-rooms.ts'
import { mayRead, readerIn, type ReadingUser } from './readable.ts'
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
 * Reads many rooms with at most four statements: the heads of those that this process does not know, the memberships of
 * all, the heads of the others that the user is no member of, and the events that are not in memory. A room that is named
 * twice is answered once.
 */
export async function readRooms(
  sources: SyncSources,
  asked: readonly AskedRoom[],
  { user, maxBytes }: SyncReader,
): Promise<ReadRoom[]> {
  const wanted = [...new Map(asked.map((room) => [room.room, room])).values()]
  const remembered = rememberedStates(sources, wanted)
  const slugs = wanted.map(({ room }) => room)
  const read = await sources.states.heads(slugs.filter((slug) => !remembered.has(slug)))
  const found = [...remembered.values(), ...read.values()]
  const members = await sources.states.marks(
    found.map(({ id }) => id),
    user.user,
    user.userId,
  )
  // What a member reads depends on the membership, but what others read on the rules, and those in memory may be old: the
  // event that changed them may have been lost.
  const strange = [...remembered.values()].filter(({ id }) => !members.has(id)).map(({ slug }) => slug)
  for (const slug of strange) remembered.delete(slug)
  const states = new Map([...remembered, ...read, ...(await sources.states.heads(strange))])
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
  const positionsBySlug = new Map(positions.map((position) => [position.state.slug, position]))
  return wanted.map(({ room: slug }) => {
    const position = positionsBySlug.get(slug)
    if (!position) return { slug, state: undefined, member: undefined, missed: {} }
    const { state, member } = position
    return { slug, state, member, missed: missedOf(position, missed.get(state.id)) }
  })
}

/** The rooms that are in memory, unless the client knows more. */
function rememberedStates({ followed }: SyncSources, asked: readonly AskedRoom[]): Map<string, RoomState> {
  const states = asked.flatMap(({ room, after }) => {
    const state = followed.bySlug(room)?.state
    return state && !(after && after.epoch === state.epoch && after.seq > state.lastSeq) ? [state] : []
  })
  return new Map(states.map((state) => [state.slug, state]))
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
  const reader = readerIn(user, state, member)
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

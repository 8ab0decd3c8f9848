import type { SyncFrame } from '../protocol/feed-frames.ts'
import type { Marks, RoomState } from '../store/room-states.ts'
import { MAX_SYNC_EVENTS } from '../support/limits.ts'
import { mayRead } from './readable.ts'
import { readMissed, type Behind, type Missed, type SyncReader, type SyncSources } from './sync-events.ts'

export type AskedRoom = SyncFrame['rooms'][number]

export interface ReadRoom {
  readonly slug: string
  /** Undefined for a room that does not exist, or that the user may not read. */
  readonly state: RoomState | undefined
  readonly member: Marks | undefined
  readonly missed: Missed
}

/**
 * Reads many rooms with at most three statements: the heads of those that this process does not know, the memberships of
 * all, and the events that are not in memory.
 */
export async function readRooms(
  sources: SyncSources,
  asked: readonly AskedRoom[],
  reader: SyncReader,
): Promise<ReadRoom[]> {
  const wanted = new Map(asked.map((room) => [room.room, room]))
  const states = await readStates(sources, [...wanted.values()])
  const ids = [...states.values()].map(({ id }) => id)
  const members = await sources.states.marks(ids, reader.user, reader.userId)
  const readable = [...states.values()].filter((state) => mayRead(state, members.get(state.id)))
  const positions = readable.map((state) => positionOf(state, wanted.get(state.slug), members.get(state.id)))
  const missed = await readMissed(
    sources,
    positions.flatMap(({ behind }) => behind ?? []),
    reader,
  )
  const found = new Map(
    positions.map(({ state, asked: { changedSeq, after }, reset, isFar, behind }) => {
      const events: Missed = isFar ? { gap: true } : ((behind && missed.get(state.id)) ?? {})
      // What the events of this answer change, the client sees in them.
      const knownUpTo = events.gap || !after ? state.lastSeq : after.seq
      const mayHaveChanged = changedSeq != null && changedSeq < knownUpTo && !reset
      return [
        state.slug,
        { ...events, ...(reset && { reset: true as const }), ...(mayHaveChanged && { changes: true as const }) },
      ]
    }),
  )
  return [...wanted.keys()].map((slug) => {
    const missedHere = found.get(slug)
    const state = missedHere && states.get(slug)
    return { slug, state, member: state && members.get(state.id), missed: missedHere ?? {} }
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

interface Position {
  readonly state: RoomState
  readonly asked: AskedRoom
  readonly reset: boolean
  /** More events follow than an answer has. */
  readonly isFar: boolean
  readonly behind: Behind | undefined
}

function positionOf(state: RoomState, asked: AskedRoom = { room: state.slug }, member: Marks | undefined): Position {
  const { after } = asked
  const isValid = after != null && after.epoch === state.epoch && after.seq <= state.lastSeq
  const count = isValid ? state.lastSeq - after.seq : 0
  const isFar = count > MAX_SYNC_EVENTS
  return {
    state,
    asked,
    reset: after != null && !isValid,
    isFar,
    behind: isValid && count > 0 && !isFar ? { state, after: after.seq, fromSeq: member?.fromSeq ?? 0 } : undefined,
  }
}

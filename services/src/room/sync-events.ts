import type { StoredEvent } from '../protocol/events.ts'
import type { SyncedRoom } from '../protocol/feed-answers.ts'
import { payloadOf } from '../protocol/text-frame.ts'
import type { RangeEvent, RoomState, RoomStates } from '../store/room-states.ts'
import { MAX_SYNC_ROWS } from '../support/limits.ts'
import type { FollowedRooms } from './followed-rooms.ts'
import type { Hub } from './hub.ts'
import { isVisible } from './readable.ts'

/** What the client has missed in a room. */
export type Missed = Pick<SyncedRoom, 'events' | 'gap' | 'reset' | 'truncatedAt' | 'changes'>

export interface SyncSources {
  readonly states: RoomStates
  readonly followed: Pick<FollowedRooms, 'bySlug'>
  readonly hub: Pick<Hub, 'opened'>
}

export interface SyncReader {
  readonly user: string
  readonly userId: number | undefined
  /** What the events of all rooms may have as JSON. */
  readonly maxBytes: number
}

/** A room with events after the client's position, few enough for an answer. */
export interface Behind {
  readonly state: RoomState
  readonly after: number
  /** The first event that the member may read. */
  readonly fromSeq: number
}

/**
 * The events of these rooms, from memory where it has them, the others with one statement; by the room's id. They are fair
 * to all rooms: those with few events and few bytes come first, and what does not fit gets `gap`.
 */
export async function readMissed(
  { hub, states }: Pick<SyncSources, 'hub' | 'states'>,
  rooms: readonly Behind[],
  reader: SyncReader,
): Promise<Map<number, Missed>> {
  const events = new Map<number, readonly RangeEvent[]>()
  const unknown: Behind[] = []
  for (const room of rooms) {
    const recent = recentEvents(hub, room)
    if (recent) events.set(room.state.id, recent)
    else unknown.push(room)
  }
  const ranges = withinRows(unknown).map(({ state, after }) => ({ room: state.id, after, upTo: state.lastSeq }))
  for (const [id, found] of await states.ranges(ranges)) events.set(id, found)
  return withinBytes(rooms, events, reader)
}

/** The rooms with the fewest events, as many as may be read at once. */
function withinRows(rooms: readonly Behind[]): Behind[] {
  let rows = 0
  return rooms.toSorted((a, b) => countOf(a) - countOf(b)).filter((room) => (rows += countOf(room)) <= MAX_SYNC_ROWS)
}

const countOf = ({ state, after }: Behind) => state.lastSeq - after

/** All events after the position, if the room is open in this process and has them in memory. */
function recentEvents(hub: SyncSources['hub'], { state, after }: Behind): RangeEvent[] | undefined {
  const live = hub.opened(state.id)
  if (!live || live.epoch !== state.epoch || live.head < state.lastSeq) return undefined
  const recent = live.recent(after, state.lastSeq - after)
  if (!recent || recent.lastSeq < state.lastSeq) return undefined
  return recent.frames.map((frame) => ({ ...eventOf(payloadOf(frame)), isCut: false }))
}

/** The event in its frame. */
function eventOf(payload: Buffer): StoredEvent {
  const {
    type: _type,
    room: _room,
    epoch: _epoch,
    ...event
  } = JSON.parse(payload.toString()) as StoredEvent & {
    type: string
    room: string
    epoch: number
  }
  return event
}

function withinBytes(
  rooms: readonly Behind[],
  found: ReadonlyMap<number, readonly RangeEvent[]>,
  { userId, maxBytes }: SyncReader,
): Map<number, Missed> {
  const missed = new Map<number, Missed>(rooms.map(({ state }) => [state.id, { gap: true }]))
  const complete = rooms.flatMap((room) => {
    const events = completeEvents(room, found.get(room.state.id) ?? [])
    if (!events) return []
    const reader = { userId, isStaff: false, fromSeq: room.fromSeq }
    const visible = events.filter((event) => isVisible(event, reader)).map(({ isCut: _isCut, ...event }) => event)
    const bytes = visible.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0)
    return [{ room, first: events[0]?.seq ?? 0, visible, bytes }]
  })
  let used = 0
  for (const { room, first, visible, bytes } of complete.toSorted((a, b) => a.bytes - b.bytes)) {
    used += bytes
    if (used > maxBytes) break
    const truncatedAt = first > room.after + 1 ? first : undefined
    missed.set(room.state.id, { events: visible, ...(truncatedAt !== undefined && { truncatedAt }) })
  }
  return missed
}

/** Undefined if the last event is missing (the database is behind, or it was purged), or a text was too long. */
function completeEvents({ state }: Behind, events: readonly RangeEvent[]): readonly RangeEvent[] | undefined {
  return events.at(-1)?.seq === state.lastSeq && !events.some(({ isCut }) => isCut) ? events : undefined
}

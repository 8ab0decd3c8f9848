import { visible, type Reader } from '../policy/visible.ts'
import type { StoredEvent } from '../protocol/events.ts'
import type { SyncedRoom } from '../protocol/feed-answers.ts'
import type { RangeEvent, RoomState, RoomStates } from '../store/room-states.ts'
import { MAX_SYNC_ROWS } from '../support/limits.ts'
import type { Hub } from './hub.ts'

/** What the client has missed in a room. */
export type Missed = Pick<SyncedRoom, 'events' | 'gap' | 'reset' | 'truncatedAt' | 'changes'>

export interface EventSources {
  readonly states: RoomStates
  readonly hub: Pick<Hub, 'opened'>
}

/** A room with events after the client's position, few enough for an answer. */
export interface Behind {
  readonly state: RoomState
  readonly after: number
  readonly reader: Reader
}

/**
 * The events of these rooms, from memory where it has them, the others with one statement; by the room's id. They are fair
 * to all rooms: those with few events and few bytes come first, and what does not fit gets `gap`.
 *
 * @param maxBytes what the events may have together as JSON
 */
export async function readMissed(
  { hub, states }: EventSources,
  rooms: readonly Behind[],
  maxBytes: number,
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
  return withinBytes(rooms, events, maxBytes)
}

/** The rooms with the fewest events, as many as may be read at once. */
function withinRows(rooms: readonly Behind[]): Behind[] {
  let rows = 0
  return rooms.toSorted((a, b) => countOf(a) - countOf(b)).filter((room) => (rows += countOf(room)) <= MAX_SYNC_ROWS)
}

const countOf = ({ state, after }: Behind) => state.lastSeq - after

/** All events after the position, if the room is open in this process and has them in memory. */
function recentEvents(hub: EventSources['hub'], { state, after }: Behind): RangeEvent[] | undefined {
  const live = hub.opened(state.id)
  if (!live || live.epoch !== state.epoch || live.head < state.lastSeq) return undefined
  const frames = live.recent(after, state.lastSeq - after)
  if (frames?.at(-1)?.seq !== state.lastSeq) return undefined
  return frames.map(({ payload }) => ({ ...eventOf(payload), isCut: false }))
}

/** The event in its frame. */
function eventOf(payload: Buffer): StoredEvent {
  const {
    type: _type,
    room: _room,
    epoch: _epoch,
    ...event
  } = JSON.parse(payload.toString()) as StoredEvent & { type: string; room: string; epoch: number }
  return event
}

function withinBytes(
  rooms: readonly Behind[],
  found: ReadonlyMap<number, readonly RangeEvent[]>,
  maxBytes: number,
): Map<number, Missed> {
  const missed = new Map<number, Missed>(rooms.map(({ state }) => [state.id, { gap: true }]))
  const complete = rooms.flatMap((room) => completeRoom(room, found.get(room.state.id) ?? []) ?? [])
  let used = 0
  for (const { id, bytes, ...events } of complete.toSorted((a, b) => a.bytes - b.bytes)) {
    used += bytes
    if (used > maxBytes) break
    missed.set(id, events)
  }
  return missed
}

/** Undefined if the last event is missing (the database is behind, or it was purged), or a text was too long. */
function completeRoom({ state, after, reader }: Behind, found: readonly RangeEvent[]) {
  const [first] = found
  if (!first || found.at(-1)?.seq !== state.lastSeq || found.some(({ isCut }) => isCut)) return undefined
  const events = found.filter((event) => visible(event, reader)).map(({ isCut: _isCut, ...event }) => event)
  const bytes = events.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0)
  return { id: state.id, bytes, events, ...(first.seq > after + 1 && { truncatedAt: first.seq }) }
}

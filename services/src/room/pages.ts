import type { Reader } from '../policy/visible.ts'
import type { StoredEvent } from '../protocol/events.ts'
import type { Events } from '../store/events.ts'

/** A page of a room's events, oldest first. */
export interface Page {
  readonly events: readonly StoredEvent[]
  /** Whether the room has more events in the direction of the request, which the reader may read. */
  readonly hasMore: boolean
}

export interface PageRequest {
  readonly room: number
  readonly limit: number
  readonly reader: Reader
}

/** The last messages with seq < `before`, in their present form. */
export async function pageBefore(events: Events, before: number, { room, limit, reader }: PageRequest): Promise<Page> {
  const found = await events.history(room, before, limit + 1, reader)
  return { events: found.slice(-limit), hasMore: found.length > limit }
}

/** A page whose last message may not be the newest one. */
export interface MiddlePage extends Page {
  /** Whether messages follow that the reader may read. */
  readonly hasMoreAfter: boolean
}

/**
 * The messages around an event, half of them before it, in their present form.
 * @param maxBytes of the bodies. There is at least the event, or the message after it
 */
export async function pageAround(
  events: Events,
  around: number,
  { room, limit, reader }: PageRequest,
  maxBytes: number,
): Promise<MiddlePage> {
  const half = Math.floor(limit / 2)
  const before = withinBytes(await pageBefore(events, around, { room, limit: Math.max(half, 1), reader }), maxBytes / 2)
  const found = await events.messagesFrom(room, around, limit - half + 1, reader)
  let bytes = 0
  const cut = found.findIndex(({ body }, i) => i > 0 && (bytes += Buffer.byteLength(body)) > maxBytes / 2)
  const after = found.slice(0, Math.min(cut < 0 ? Infinity : cut, limit - half))
  const older = half === 0 ? [] : before.events
  return {
    events: [...older, ...after],
    hasMore: before.hasMore || older.length < before.events.length,
    hasMoreAfter: after.length < found.length,
  }
}

/** The first events with seq > `after`. */
export async function pageAfter(events: Events, after: number, { room, limit, reader }: PageRequest): Promise<Page> {
  const found = await events.readable(room, after, limit + 1, reader)
  return { events: found.slice(0, limit), hasMore: found.length > limit }
}

/** The newest events of a page whose bodies fit together, at least one. */
export function withinBytes({ events, hasMore }: Page, maxBytes: number): Page {
  let bytes = 0
  const cut = events.findLastIndex((event) => (bytes += Buffer.byteLength(event.body)) > maxBytes)
  const from = Math.max(Math.min(cut + 1, events.length - 1), 0)
  return { events: events.slice(from), hasMore: hasMore || from > 0 }
}

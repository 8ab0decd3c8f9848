import type { StoredEvent } from '../protocol/events.ts'
import type { Events } from '../store/events.ts'

/** A page of a room's events, oldest first. */
export interface Page {
  readonly events: readonly StoredEvent[]
  /** Whether the room has more events in the direction of the request. */
  readonly hasMore: boolean
}

/** The last `limit` events with seq < `before`. */
export async function pageBefore(events: Events, room: number, before: number, limit: number): Promise<Page> {
  const found = await events.before(room, before, limit + 1)
  return { events: found.slice(-limit), hasMore: found.length > limit }
}

/** The first `limit` events with seq > `after`. */
export async function pageAfter(events: Events, room: number, after: number, limit: number): Promise<Page> {
  const found = await events.after(room, after, limit + 1)
  return { events: found.slice(0, limit), hasMore: found.length > limit }
}

/** The newest events of a page whose bodies fit together, at least one. */
export function withinBytes({ events, hasMore }: Page, maxBytes: number): Page {
  let bytes = 0
  const cut = events.findLastIndex((event) => (bytes += Buffer.byteLength(event.body)) > maxBytes)
  const from = Math.max(Math.min(cut + 1, events.length - 1), 0)
  return { events: events.slice(from), hasMore: hasMore || from > 0 }
}

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

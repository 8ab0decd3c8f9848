import { applied, merged, type Messages, type RoomEvent } from './messages.ts'

/** What a page holds of a room's messages: a part of its history without gaps. */
export interface History {
  readonly messages: Messages
  /** Whether older messages precede them. */
  readonly hasMore: boolean
  /** Whether newer messages follow them. */
  readonly hasMoreAfter: boolean
  /** The number of the newest message that the page has heard of, held or not; 0 for none. */
  readonly newestSeq: number
}

/** A page of `listMessages`. */
export interface HistoryPage {
  readonly events: readonly RoomEvent[]
  /** Whether older messages precede them. */
  readonly hasMore: boolean
  /** Of a page around a message: whether newer messages follow. */
  readonly hasMoreAfter?: boolean
}

/** So many messages are held and drawn, however long the history is. Others are loaded when they are scrolled to. */
export const MAX_HELD = 300

export const EMPTY: History = { messages: [], hasMore: false, hasMoreAfter: false, newestSeq: 0 }

/** The newest page, or one around a message. @param newestSeq of what was held before */
export function historyOf(page: HistoryPage, newestSeq: number): History {
  const history = { ...EMPTY, messages: merged([], page.events), hasMore: page.hasMore }
  return ended(history, newestSeq, page.hasMoreAfter ?? false)
}

/** With the page before it. The newest messages go when there are too many. */
export function withOlder(history: History, page: HistoryPage): History {
  const messages = merged(history.messages, page.events)
  const hasMoreAfter = history.hasMoreAfter || messages.length > MAX_HELD
  return { ...history, messages: messages.slice(0, MAX_HELD), hasMore: page.hasMore, hasMoreAfter }
}

/** With the page around its end. The oldest messages go when there are too many. */
export function withNewer(history: History, page: HistoryPage): History {
  const longer = withoutOldest({ ...history, messages: merged(history.messages, page.events) })
  return ended(longer, history.newestSeq, page.hasMoreAfter ?? false)
}

/**
 * With the next event of the room. A new message is only noted when others are missing before it, or when it would take
 * the place of those that the user looks at.
 *
 * @param isAtEnd whether the user sees the newest message
 */
export function withEvent(history: History, event: RoomEvent, isAtEnd: boolean): History {
  const { messages, hasMoreAfter } = history
  if (event.kind !== 'message') return { ...history, messages: applied(messages, event) }
  const newestSeq = Math.max(history.newestSeq, event.seq)
  const isNew = event.seq > (messages.at(-1)?.seq ?? 0)
  const isFull = messages.length >= MAX_HELD && !isAtEnd
  if (isNew && (hasMoreAfter || isFull)) return { ...history, newestSeq, hasMoreAfter: true }
  return withoutOldest({ ...history, newestSeq, messages: applied(messages, event) })
}

function withoutOldest(history: History): History {
  if (history.messages.length <= MAX_HELD) return history
  return { ...history, messages: history.messages.slice(-MAX_HELD), hasMore: true }
}

/** A message may have come while the page was read. */
function ended(history: History, heardOf: number, hasMore: boolean): History {
  const last = history.messages.at(-1)?.seq ?? 0
  const newestSeq = Math.max(heardOf, last)
  return { ...history, newestSeq, hasMoreAfter: hasMore || newestSeq > last }
}

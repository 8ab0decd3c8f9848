import type { StoredEvent } from './events.ts'

interface Answer {
  readonly requestId?: string
}

/** How a room stands for one user. Absent where messages are not numbered, or the user is no member. */
export interface Unread {
  /** Messages after the user's read mark. */
  readonly unread?: number
  /** Those of them that mention the user. */
  readonly mentions?: number
}

export interface SyncedRoom extends Unread {
  readonly room: string
  readonly epoch: number
  /** The number of the room's last event. */
  readonly seq: number
  /** The user has read everything up to this event. */
  readonly readSeq?: number
  /** All events after the client's position that it may read, oldest first. */
  readonly events?: readonly StoredEvent[]
  /** There are more events after the client's position than the answer has room for, so it has none of them. */
  readonly gap?: true
  /** The client's position is invalid: its position is `epoch` and `seq` now. */
  readonly reset?: true
  /** Events after the client's position were purged; the first one that follows. */
  readonly truncatedAt?: number
  /** Messages that the client keeps may have changed: ask for `changes`. */
  readonly changes?: true
  /** The server tells nothing more of this room: ask again with `sync`. */
  readonly notFollowed?: true
}

/** A room that does not exist, or that the user may not read. */
interface AbsentRoom {
  readonly room: string
  readonly error: 'not_found'
}

export interface InboxEntry {
  readonly no: number
  readonly kind: string
  readonly room?: string
  /** The room's last event when the entry was made. */
  readonly seq?: number
  readonly data?: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
}

/** The entries after a cursor; or, for a cursor of which some are gone, the rooms of the user. */
export interface InboxPage {
  /** The number of the last entry in this page. */
  readonly no: number
  readonly entries: readonly InboxEntry[]
  /** More entries or more rooms exist. */
  readonly hasMore?: true
  readonly reset?: true
  readonly rooms?: readonly string[]
}

export type FeedFrameOut =
  | ({
      readonly type: 'synced'
      readonly rooms: readonly (SyncedRoom | AbsentRoom)[]
      readonly inbox?: InboxPage
    } & Answer)
  | ({
      readonly type: 'changes'
      readonly room: string
      readonly epoch: number
      /** The changes up to this event are in this page and those before it. */
      readonly changedSeq: number
      /** If there is more: of the messages that this very event has changed, those up to this one. */
      readonly seq?: number
      readonly events: readonly StoredEvent[]
      readonly hasMore: boolean
    } & Answer)
  | ({ readonly type: 'watching' } & Answer)
  | ({ readonly type: 'read'; readonly room: string; readonly user: string; readonly seq: number } & Answer)
  | { readonly type: 'unread'; readonly rooms: readonly ({ readonly room: string; readonly seq: number } & Unread)[] }
  | { readonly type: 'typing'; readonly room: string; readonly user: string }
  | { readonly type: 'presence'; readonly user: string; readonly state: PresenceState }
  | ({ readonly type: 'inbox' } & Omit<InboxPage, 'reset' | 'rooms'>)

export type PresenceState = 'online' | 'offline' | 'unknown'

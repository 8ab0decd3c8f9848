import type { Cursor, Delivery } from './record.ts'

/** A WebSocket URL, or a function that returns one before each connect. */
export type Address = string | (() => string)

export interface ConnectOptions {
  /**
   * A token, or a function that returns one: before each connect, with the token that was refused if one was, and from
   * time to time, so that the connection lives longer than its token. A fixed one that is refused ends the client; so
   * does a SessionEndedError of the function.
   */
  readonly token: string | ((refused?: string) => string | Promise<string>)
  /**
   * First and longest pause before a reconnect, above 0. Each is drawn at random from half to all of it. A connection
   * makes the next pause the first one again when all rooms that were joined on it and all messages that were sent again
   * are answered, or when it was open for 10 s.
   * @default 100 and 5000
   */
  readonly retryMs?: { readonly first: number; readonly most: number }
  /**
   * The subprotocol. With `chat.v2` events are shorter. A server that does not know it is spoken to in `chat.v1`.
   * @default chat.v1
   */
  readonly protocol?: 'chat.v1' | 'chat.v2'
  /** How long a connect may take. @default 5000 */
  readonly handshakeTimeoutMs?: number
  /** How long `ready` waits for the first connection. @default 30000 */
  readonly timeoutMs?: number
}

/** What a `send` frame says of an event (docs/protocol.md). */
export interface EventFields {
  /** @default message */
  readonly kind?: 'message' | 'edit' | 'recall' | 'reaction' | 'pin'
  readonly body?: string
  readonly target?: number
  readonly replyTo?: number
  readonly mentions?: readonly string[]
  readonly mentionsAll?: true
  readonly reaction?: string
  readonly change?: 'add' | 'remove'
}

/** An event of a room. */
export interface ChatEvent extends Delivery {
  readonly kind: string
  /** The text of a message or of an edit; empty for other kinds, and for a message that was recalled or has expired. */
  readonly body: string
  /** What else the kind has. */
  readonly data?: { readonly [field: string]: unknown }
  /** The number of the event that this one changes. */
  readonly target?: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** Of a message in its present form: the number of the event that has changed it last. */
  readonly changedSeq?: number
  /** Milliseconds since 1970, where it was. */
  readonly editedAt?: number
  readonly recalledAt?: number
  /** While the message is pinned. */
  readonly pinnedAt?: number
  /** How many users gave each reaction. */
  readonly reactions?: Readonly<Record<string, number>>
}

/** How a room stands that the client follows. */
export interface FollowedRoom {
  readonly room: string
  readonly seq: number
  /** Messages that the user has not read, and those of them that mention the user. */
  readonly unread?: number
  readonly mentions?: number
  /** More events were missed than the server sends at once: ask for the newest page. */
  readonly gap?: true
  readonly reset?: true
}

/** What the user is told beside the rooms. */
export interface InboxEntry {
  readonly no: number
  readonly kind: string
  readonly room?: string
  readonly seq?: number
  readonly data?: Readonly<Record<string, unknown>>
}

/** The position of a message that was stored. */
export interface Acknowledgement extends Cursor {
  readonly room: string
  readonly clientId: string
}

/** An error frame of the server, with its code. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The session is over: the user has to log in again. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError'
}

/** The events of a client. */
export interface ClientEvents {
  event: [ChatEvent]
  /** A room that the client follows has changed. */
  room: [FollowedRoom]
  /** The server has answered for all rooms that the client follows. */
  synced: []
  /** The server has refused to tell of these rooms, which are not asked for again on this connection. */
  unsynced: [rooms: readonly string[], error: RefusedError]
  /** New entries of the inbox; with the list of the user's rooms, if the client had no valid position in the inbox. */
  inbox: [entries: readonly InboxEntry[], rooms: readonly string[] | undefined]
  typing: [room: string, user: string]
  read: [room: string, user: string, seq: number]
  presence: [user: string, state: string]
  /** The connection was closed or cut. The client reconnects unless it was closed, or `ended` follows. */
  disconnected: [code: number, reason: string]
  /** `node` is the process that serves the connection, where it says so: only to the users of a proof. */
  connected: [node: string | undefined]
  /** A connect failed, and is tried again. `HTTP 401` means that the token was refused. */
  failed: [reason: string]
  /** The client connects again after this time. */
  waiting: [pauseMs: number]
  /** The user is no longer a member of a room, or one that the client had joined refuses it now. It is not joined again. */
  removed: [room: string, error: RefusedError]
  /** The client does not connect again: it was closed, its token was refused, or it has a bug (docs/protocol.md). */
  ended: [reason: string]
}

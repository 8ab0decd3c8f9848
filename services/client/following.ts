import type { ServerFrame } from './link.ts'
import type { Cursor } from './record.ts'
import type { Pauses } from './retry.ts'
import { unref } from './timers.ts'
import type { ChatEvent, FollowedRoom, InboxEntry } from './types.ts'

export interface FollowingHandlers {
  readonly send: (frame: object) => void
  /** The position in a room that the client has joined too: its events come by themselves. */
  readonly positionOf: (room: string) => Cursor | undefined
  readonly onEvent: (event: ChatEvent) => void
  readonly onRoom: (room: FollowedRoom) => void
  readonly onInbox: (entries: readonly InboxEntry[], rooms: readonly string[] | undefined) => void
  /** Every room and the inbox were answered. */
  readonly onSynced: () => void
  /** The server refuses to tell of these rooms. They are asked for again after the next connect. */
  readonly onRefused: (rooms: readonly string[], code: string, message: string) => void
  /** The server does not know `sync`: join the room instead. */
  readonly onUnsupported: (room: string, after: Cursor | undefined) => void
  /** Before what is unavailable is asked for again. */
  readonly pauses: Pauses
}

interface Room {
  cursor: Cursor | undefined
}

/** What the server takes in one frame. */
const ROOMS_OF_FRAME = 200
const REQUEST_ID = 'sync'

/** The rooms that a client follows without having joined them, and its inbox. */
export class Following {
  readonly #handlers: FollowingHandlers
  readonly #rooms = new Map<string, Room>()
  /** Those that are not answered yet, in the order of their frames. */
  #waiting: string[] = []
  /** The rooms of the frame that is not answered. */
  #asked: readonly string[] = []
  #isAsking = false
  #retrying: ReturnType<typeof setTimeout> | undefined
  /** The number of the last entry; undefined while the client has none. */
  #inboxNo: number | undefined
  #hasInbox = false
  #asksInbox = false

  constructor(handlers: FollowingHandlers) {
    this.#handlers = handlers
  }

  /** Follows rooms from a position, or from their heads; and the inbox, if `inbox` is true. */
  add(rooms: Iterable<readonly [string, Cursor | undefined]>, inbox: boolean): void {
    for (const [room, cursor] of rooms) {
      if (this.#rooms.has(room)) continue
      this.#rooms.set(room, { cursor })
      this.#waiting.push(room)
    }
    this.#asksInbox ||= inbox && !this.#hasInbox
    this.#hasInbox ||= inbox
    this.#ask()
  }

  delete(room: string): void {
    this.#rooms.delete(room)
  }

  /** A connection was opened: everything is asked for again. */
  restart(): void {
    clearTimeout(this.#retrying)
    this.#isAsking = false
    this.#asksInbox = this.#hasInbox
    this.#waiting = [...this.#rooms.keys()]
    this.#ask()
  }

  /** @returns whether the frame was for this */
  receive(frame: ServerFrame): boolean {
    switch (frame.type) {
      case 'synced':
        this.#onSynced(frame as unknown as Synced)
        return true
      case 'unread':
        for (const room of frame['rooms'] as FollowedRoom[]) this.#handlers.onRoom(room)
        return true
      case 'inbox':
        this.#onInbox(frame as unknown as Inbox)
        return true
      case 'error':
        return this.#onError(frame)
      default:
        return false
    }
  }

  /** One frame at a time: the answers of the others would wait in memory. */
  #ask(): void {
    if (this.#isAsking || (this.#waiting.length === 0 && !this.#asksInbox)) return
    this.#isAsking = true
    const rooms = this.#waiting.splice(0, ROOMS_OF_FRAME).map((room) => {
      const after = this.#handlers.positionOf(room) ?? this.#rooms.get(room)?.cursor
      return { room, ...(after && { after }) }
    })
    const inbox = this.#asksInbox && { inbox: this.#inboxNo === undefined ? {} : { no: this.#inboxNo } }
    this.#asksInbox = false
    this.#asked = rooms.map(({ room }) => room)
    this.#handlers.send({ type: 'sync', requestId: REQUEST_ID, rooms, ...inbox })
  }

  #onSynced({ rooms, inbox }: Synced): void {
    for (const { events = [], error, ...state } of rooms) {
      const room = this.#rooms.get(state.room)
      if (!room) continue
      if (error !== undefined) {
        this.#rooms.delete(state.room)
        continue
      }
      const isNews = ({ seq }: ChatEvent) => room.cursor?.epoch !== state.epoch || seq > room.cursor.seq
      // In a room that is joined as well they come with the answer to `join`, or have come already.
      const news = this.#handlers.positionOf(state.room) ? [] : events.filter(isNews)
      for (const event of news) this.#handlers.onEvent({ ...event, room: state.room, epoch: state.epoch })
      // With a gap or a reset the newest page is asked for when the room is opened.
      room.cursor = { epoch: state.epoch, seq: state.seq }
      this.#handlers.onRoom(state)
    }
    if (inbox) this.#onInbox(inbox)
    this.#handlers.pauses.reset()
    this.#goOn()
  }

  /** A frame was answered. */
  #goOn(): void {
    this.#isAsking = false
    if (this.#waiting.length === 0 && !this.#asksInbox) this.#handlers.onSynced()
    this.#ask()
  }

  #onInbox({ no, entries, rooms }: Inbox): void {
    this.#inboxNo = no
    this.#handlers.onInbox(entries, rooms)
  }

  #onError(frame: ServerFrame): boolean {
    if (!this.#isAsking) return false
    // So a release says that does not know the frame; it may not return the id.
    const isUnknown = frame['code'] === 'bad_request' && frame['field'] === 'type'
    if (isUnknown) this.#joinInstead()
    else if (frame['requestId'] !== REQUEST_ID) return false
    else if (frame['code'] === 'unavailable') this.#retry(frame['retryAfterSeconds'])
    else {
      // The same frame would be refused again, and the server closes the connection for the twentieth.
      this.#handlers.onRefused(this.#asked, String(frame['code']), String(frame['message']))
      this.#goOn()
    }
    return true
  }

  #joinInstead(): void {
    this.#isAsking = false
    const rooms = [...this.#asked, ...this.#waiting.splice(0)]
    for (const room of rooms) {
      const after = this.#rooms.get(room)?.cursor
      this.#rooms.delete(room)
      this.#handlers.onUnsupported(room, after)
    }
  }

  /** The database cannot be asked now. @param afterSeconds for which the server asks */
  #retry(afterSeconds: unknown): void {
    const { pauses } = this.#handlers
    pauses.retryAfter(afterSeconds)
    this.#waiting = [...this.#asked, ...this.#waiting]
    this.#asksInbox = this.#hasInbox
    const again = (): void => {
      this.#isAsking = false
      this.#ask()
    }
    this.#retrying = unref(setTimeout(again, pauses.next()))
  }
}

interface Inbox {
  readonly no: number
  readonly entries: readonly InboxEntry[]
  readonly rooms?: readonly string[]
}

interface Synced {
  readonly rooms: readonly (FollowedRoom & { epoch: number; events?: readonly ChatEvent[]; error?: string })[]
  readonly inbox?: Inbox
}

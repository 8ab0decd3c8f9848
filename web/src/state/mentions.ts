import { computed, signal } from '@preact/signals'
import type { HistoryPage } from './history.ts'
import { applied, merged, type Message, type Messages, type RoomEvent } from './messages.ts'

/** A message that names the user. */
export interface Mention {
  readonly room: string
  readonly message: Message
}

/** What is asked of a room with mentions that the user has not read. */
interface UnreadRoom {
  readonly room: string
  readonly readSeq: number
  readonly mentions: number
}

const PAGE_MESSAGES = 200
/** Mentions that are older than these pages of a room are not looked for: the room has too much that is not read. */
const MAX_PAGES = 5
const MAX_ROOMS = 20
/** Of each room. */
const MAX_MENTIONS = 50

/** Whether a message names the user, or everyone. */
export function isMentioned({ sender, mentions, mentionsAll }: Message, me: string): boolean {
  return sender !== me && (mentionsAll === true || (mentions?.includes(me) ?? false))
}

/** The messages that name the user: those not read yet, and those that the page has seen. */
export class Mentions {
  readonly list = computed<readonly Mention[]>(() =>
    [...this.#held.value]
      .flatMap(([room, messages]) => messages.map((message) => ({ room, message })))
      .sort((a, b) => b.message.at - a.message.at),
  )
  readonly #me: string
  readonly #read: (room: string, query: string) => Promise<HistoryPage>
  readonly #held = signal<ReadonlyMap<string, Messages>>(new Map())

  /** @param read asks for messages of a room */
  constructor(me: string, read: (room: string, query: string) => Promise<HistoryPage>) {
    this.#me = me
    this.#read = read
  }

  /** Looks for those that are not read. @throws ApiError */
  async load(rooms: readonly UnreadRoom[]): Promise<void> {
    for (const room of rooms.filter(({ mentions }) => mentions > 0).slice(0, MAX_ROOMS)) await this.#loadRoom(room)
  }

  /** Notes messages that the page has read. */
  hold(room: string, events: readonly RoomEvent[]): void {
    const found = merged(this.#held.value.get(room) ?? [], events).filter((message) => this.#isShown(message))
    if (found.length > 0) this.#put(room, found)
  }

  /** Notes an event of a room. */
  onEvent(room: string, event: RoomEvent): void {
    if (event.kind === 'message') return this.hold(room, [event])
    const held = this.#held.value.get(room)
    if (held)
      this.#put(
        room,
        applied(held, event).filter((message) => this.#isShown(message)),
      )
  }

  /** The user is no member any more. */
  forget(room: string): void {
    this.#put(room, [])
  }

  async #loadRoom({ room, readSeq, mentions }: UnreadRoom): Promise<void> {
    let before = ''
    let found = 0
    for (let pages = 0; pages < MAX_PAGES && found < mentions; pages += 1) {
      const { events, hasMore } = await this.#read(room, `limit=${PAGE_MESSAGES}${before}`)
      this.hold(room, events)
      found = (this.#held.value.get(room) ?? []).filter(({ seq = 0 }) => seq > readSeq).length
      const first = events[0]
      if (!first || !hasMore || first.seq <= readSeq) return
      before = `&before=${first.seq}`
    }
  }

  #isShown(message: Message): boolean {
    return !message.gone && isMentioned(message, this.#me)
  }

  #put(room: string, messages: Messages): void {
    this.#held.value = new Map(this.#held.value).set(room, messages.slice(-MAX_MENTIONS))
  }
}

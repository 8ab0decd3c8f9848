import { signal } from '@preact/signals'
import type { ChatEvent } from '@chat-app/services/client'
import { EMPTY, historyOf, withEvent, withNewer, withOlder, type History, type HistoryPage } from './history.ts'
import type { Messages } from './messages.ts'
import type { Person } from './people.ts'
import type { PageSession } from './session.ts'

export interface Member extends Person {
  readonly role: string
}

/** Somebody who joined or left while the room is shown. */
interface Note {
  readonly seq: number
  readonly user: string
  readonly change: string
  readonly at: number
}

/** What the page holds of the room that is shown. */
export interface OpenRoom extends History {
  readonly room: string
  readonly isLoading: boolean
  /** Where the page is to scroll to; another object for each time. */
  readonly goTo: { readonly seq: number | 'end' }
  readonly members: readonly Member[]
  /** The last event that each other user has read. */
  readonly readBy: Readonly<Record<string, number>>
  readonly notes: readonly Note[]
}

const PAGE_MESSAGES = 50
const MAX_NOTES = 50
const MAX_DESCRIBED = 100
const RELOAD_MS = 500

/** The room that is shown: its messages as far as they are held, and its members. */
export class ShownRoom {
  readonly current = signal<OpenRoom | undefined>(undefined)
  /** Whether the user sees the newest message. */
  isAtEnd = true
  readonly #call: PageSession['call']
  readonly #onPeople: (people: readonly Person[]) => void
  /** Senders of the room who are no members, of whom the server was asked. */
  readonly #asked = new Set<string>()
  #reloading: ReturnType<typeof setTimeout> | undefined
  #isPaging = false

  /** @param onPeople told of the members, and of others who have sent something, as they are called */
  constructor(call: PageSession['call'], onPeople: (people: readonly Person[]) => void) {
    this.#call = call
    this.#onPeople = onPeople
  }

  /** Begins to show a room, of which nothing is held yet. @param seq the number of a message to scroll to */
  begin(room: string, seq: number | undefined): void {
    this.isAtEnd = seq === undefined
    this.#asked.clear()
    const goTo = { seq: seq ?? ('end' as const) }
    this.current.value = { ...EMPTY, room, isLoading: true, goTo, members: [], readBy: {}, notes: [] }
  }

  close(): void {
    this.current.value = undefined
  }

  /** Nothing more is read. */
  stop(): void {
    clearTimeout(this.#reloading)
  }

  /** Reads the newest messages, or those around one, and scrolls there. @throws ApiError */
  async load(room: string, seq?: number): Promise<void> {
    const page = await this.#page(room, `limit=${PAGE_MESSAGES}${seq === undefined ? '' : `&around=${seq}`}`)
    const goTo = { seq: seq ?? ('end' as const) }
    this.#change(room, ({ newestSeq }) => ({ ...historyOf(page, newestSeq), isLoading: false, goTo }))
    this.#describe()
  }

  /** Scrolls to a message, which is loaded if need be. @throws ApiError */
  async goTo(seq: number): Promise<void> {
    const open = this.current.value
    if (!open) return
    if (open.messages.some((message) => message.seq === seq)) this.#change(open.room, () => ({ goTo: { seq } }))
    else await this.load(open.room, seq)
  }

  /** Scrolls to the newest message. @throws ApiError */
  async goToEnd(): Promise<void> {
    const open = this.current.value
    if (!open) return
    this.isAtEnd = true
    if (open.hasMoreAfter) await this.load(open.room)
    else this.#change(open.room, () => ({ goTo: { seq: 'end' } }))
  }

  /** Reads the messages before those that are shown. One page at a time: a second call has no effect. */
  async earlier(): Promise<void> {
    const query = (first: number) => `limit=${PAGE_MESSAGES}&before=${first}`
    if (this.current.value?.hasMore) await this.#turn(firstOf, query, withOlder)
  }

  /** The same for those after them. */
  async later(): Promise<void> {
    // `after` would answer with events of all kinds, and a page of them may have no message.
    const query = (last: number) => `limit=${2 * PAGE_MESSAGES}&around=${last + 1}`
    if (this.current.value?.hasMoreAfter) await this.#turn(lastOf, query, withNewer)
  }

  async loadMembers(): Promise<void> {
    const open = this.current.value
    if (!open) return
    const { members } = await this.#call<{ members: Member[] }>('GET', `/api/chat/rooms/${open.room}/members?limit=200`)
    this.#change(open.room, () => ({ members }))
    this.#onPeople(members)
    this.#describe()
  }

  onEvent(event: ChatEvent): void {
    const { room, sender, kind } = event
    this.#change(room, (open) => withEvent(open, event, this.isAtEnd))
    if (kind === 'member') this.#onMember(event)
    // A room that anyone may join tells nobody who does.
    const open = this.current.value
    if (open?.room === room && !open.members.some(({ user }) => user === sender)) this.#reloadMembers()
  }

  /** Another user has read up to an event. */
  onRead(room: string, user: string, seq: number): void {
    this.#change(room, ({ readBy }) => ({ readBy: { ...readBy, [user]: Math.max(seq, readBy[user] ?? 0) } }))
  }

  #onMember({ room, seq, at, data }: ChatEvent): void {
    const [user, change] = [String(data?.['user']), String(data?.['change'])]
    if (!['joined', 'left', 'removed'].includes(change)) return void this.loadMembers().catch(() => undefined)
    this.#change(room, ({ notes, members }) => ({
      notes: [...notes, { seq, user, change, at }].slice(-MAX_NOTES),
      members:
        change === 'joined'
          ? [...members.filter((member) => member.user !== user), { user, role: 'member' }]
          : members.filter((member) => member.user !== user),
    }))
  }

  /** Soon, and once for all who have come. */
  #reloadMembers(): void {
    clearTimeout(this.#reloading)
    this.#reloading = setTimeout(() => void this.loadMembers().catch(() => undefined), RELOAD_MS)
  }

  #page(room: string, query: string): Promise<HistoryPage> {
    return this.#call('GET', `/api/chat/rooms/${room}/messages?${query}`)
  }

  /** Adds a page at one end of what is held. @param edgeOf the message at this end */
  async #turn(
    edgeOf: (messages: Messages) => number | undefined,
    queryOf: (edge: number) => string,
    join: (history: History, page: HistoryPage) => History,
  ): Promise<void> {
    const room = this.current.value?.room
    const edge = edgeOf(this.current.value?.messages ?? [])
    if (this.#isPaging || room === undefined || edge === undefined) return
    this.#isPaging = true
    try {
      const page = await this.#page(room, queryOf(edge))
      // Meanwhile other messages may be held.
      this.#change(room, (open) => (edgeOf(open.messages) === edge ? join(open, page) : {}))
      this.#describe()
    } finally {
      this.#isPaging = false
    }
  }

  /** Asks what the senders are called who are no members. Without an answer they are called by their names. */
  #describe(): void {
    const open = this.current.value
    // Without the members, everybody would be asked for.
    if (!open || open.members.length === 0) return
    const members = new Set(open.members.map(({ user }) => user))
    const users = [...new Set(open.messages.map(({ sender }) => sender))]
      .filter((user) => !members.has(user) && !this.#asked.has(user))
      .slice(0, MAX_DESCRIBED)
    if (users.length === 0) return
    for (const user of users) this.#asked.add(user)
    void this.#call<{ people: readonly Person[] }>('POST', `/api/chat/rooms/${open.room}/senders`, { users }).then(
      ({ people }) => this.#onPeople(people),
      () => undefined,
    )
  }

  #change(room: string, change: (open: OpenRoom) => Partial<OpenRoom>): void {
    const open = this.current.value
    if (open?.room === room) this.current.value = { ...open, ...change(open) }
  }
}

const firstOf = (messages: Messages) => messages[0]?.seq
const lastOf = (messages: Messages) => messages.at(-1)?.seq

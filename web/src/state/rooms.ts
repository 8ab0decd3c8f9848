import { computed, signal, type ReadonlySignal } from '@preact/signals'
import type { FollowedRoom } from '@chat-app/services/client'
import type { Person } from './people.ts'
import type { PageSession } from './session.ts'

/** A room of the list. */
export interface Room {
  readonly room: string
  readonly kind: string
  readonly title: string
  /** The other user of a direct room, and how that one wants to be called. */
  readonly peer?: string
  readonly peerName?: string
  readonly isPeerDeleted?: true
  readonly role: string
  readonly seq: number
  readonly readSeq: number
  readonly unread: number
  readonly mentions: number
  /** When the page last heard of it, milliseconds since 1970; it orders the list. */
  readonly at: number
}

type ListedRoom = Omit<Room, 'unread' | 'mentions' | 'at'>

interface Invitation {
  readonly room: string
  readonly title: string
  readonly state?: string
}

/** Places a room that has had no news since the page was opened below those that had some, milliseconds. */
const NO_NEWS_MS = 1e9

/** The rooms of the user, and the invitations. */
export class Rooms {
  readonly all = signal<ReadonlyMap<string, Room>>(new Map())
  readonly sorted: ReadonlySignal<readonly Room[]> = computed(() => [...this.all.value.values()].sort(byTime))
  readonly invitations = signal<readonly Invitation[]>([])
  readonly unreadTotal = computed(() => this.sorted.value.reduce((sum, { unread }) => sum + unread, 0))
  readonly mentionsTotal = computed(() => this.sorted.value.reduce((sum, { mentions }) => sum + mentions, 0))
  readonly #call: PageSession['call']

  constructor(call: PageSession['call']) {
    this.#call = call
  }

  /** @throws ApiError */
  async load(): Promise<void> {
    const found = await this.#listed()
    const former = this.all.value
    this.all.value = new Map(
      found.map((room) => {
        const { unread = 0, mentions = 0, at = 0 } = former.get(room.room) ?? {}
        return [room.room, { ...room, unread, mentions, at }]
      }),
    )
    const { invitations } = await this.#call<{ invitations: readonly Invitation[] }>('GET', '/api/chat/invitations')
    this.invitations.value = invitations.filter(({ state }) => state !== 'requested')
  }

  get(room: string): Room | undefined {
    return this.all.value.get(room)
  }

  put(room: Room): void {
    this.all.value = new Map(this.all.value).set(room.room, room)
  }

  remove(room: string): void {
    const rooms = new Map(this.all.value)
    rooms.delete(room)
    this.all.value = rooms
  }

  /** The people of the direct rooms. */
  peers(): Person[] {
    return [...this.all.value.values()].flatMap(({ peer: user, peerName: displayName, isPeerDeleted: isDeleted }) =>
      user === undefined
        ? []
        : [{ user, ...(displayName !== undefined && { displayName }), ...(isDeleted && { isDeleted }) }],
    )
  }

  /** The state of a room that is followed. */
  onState({ room, seq, unread, mentions }: FollowedRoom): void {
    const known = this.get(room)
    if (!known) return
    const isNews = seq > known.seq
    const first = known.at === 0 && !isNews ? NO_NEWS_MS : 0
    this.put({
      ...known,
      seq,
      unread: unread ?? known.unread,
      mentions: mentions ?? known.mentions,
      at: isNews || known.at === 0 ? Date.now() - first : known.at,
    })
  }

  async #listed(): Promise<ListedRoom[]> {
    const found: ListedRoom[] = []
    let cursor: string | undefined
    do {
      const query = cursor === undefined ? '' : `&cursor=${cursor}`
      const page = await this.#call<{ rooms: ListedRoom[]; next?: string }>('GET', `/api/chat/rooms?limit=200${query}`)
      found.push(...page.rooms)
      cursor = page.next
    } while (cursor !== undefined)
    return found
  }
}

const byTime = (a: Room, b: Room) => b.at - a.at || a.title.localeCompare(b.title)

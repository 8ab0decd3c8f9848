import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { ApiError, ChatClient, type ChatEvent, type FollowedRoom } from '@chat-app/services/client'
import { forget, readKept, writeKept } from './drafts.ts'
import { applied, merged, type Message, type Messages, type RoomEvent } from './messages.ts'
import { Outbox } from './outbox.ts'
import type { PageSession } from './session.ts'

/** A room of the list. */
export interface Room {
  readonly room: string
  readonly kind: string
  readonly title: string
  /** The other user of a direct room. */
  readonly peer?: string
  readonly role: string
  readonly seq: number
  readonly readSeq: number
  readonly unread: number
  readonly mentions: number
  /** When the page last heard of it, milliseconds since 1970; it orders the list. */
  readonly at: number
}

export interface Member {
  readonly user: string
  readonly role: string
}

/** What the page holds of the room that is shown. */
export interface OpenRoom {
  readonly room: string
  readonly messages: Messages
  readonly hasMore: boolean
  readonly isLoading: boolean
  readonly members: readonly Member[]
  /** The last event that each other user has read. */
  readonly readBy: Readonly<Record<string, number>>
  /** Who joined or left while the room is shown, by event number. */
  readonly notes: readonly {
    readonly seq: number
    readonly user: string
    readonly change: string
    readonly at: number
  }[]
}

const PAGE_MESSAGES = 50
/** More messages than this are not kept in memory: the oldest are loaded again when they are shown. */
const MAX_MESSAGES = 2000
const TYPING_SHOWN_MS = 5000
const TYPING_SENT_MS = 2500
const MAX_NOTES = 50
const RELOAD_MS = 500
const MAX_MENTIONS = 50
const MAX_WATCHED = 200

/** The state of the chat of one user, and what the user does. Components read the signals. */
export class Chat {
  readonly me: string
  readonly rooms: Signal<ReadonlyMap<string, Room>> = signal(new Map())
  readonly sorted: ReadonlySignal<readonly Room[]> = computed(() => [...this.rooms.value.values()].sort(byTime))
  readonly invitations = signal<readonly { room: string; title: string }[]>([])
  readonly current = signal<OpenRoom | undefined>(undefined)
  readonly outbox = new Outbox(
    ({ room, at: _at, ...sent }) => this.#session.call('POST', `/api/chat/rooms/${room}/messages`, sent),
    () => this.#keep(),
  )
  readonly drafts = signal<Readonly<Record<string, string>>>({})
  readonly isConnected = signal(false)
  readonly typing = signal<ReadonlyMap<string, ReadonlyMap<string, number>>>(new Map())
  readonly online = signal<ReadonlySet<string>>(new Set())
  /** The reactions of this user that the page knows of, as `ROOM SEQ REACTION`. */
  readonly ownReactions = signal<ReadonlySet<string>>(new Set())
  readonly unreadTotal = computed(() => [...this.rooms.value.values()].reduce((sum, { unread }) => sum + unread, 0))
  readonly #session: PageSession
  readonly #client: ChatClient
  #reloading: ReturnType<typeof setTimeout> | undefined
  #typedAtMs = Number.NEGATIVE_INFINITY

  /** @param onEnded the session is over */
  constructor(session: PageSession, websocketUrl: string, onEnded: () => void) {
    this.me = session.name
    this.#session = session
    const kept = readKept(this.me)
    this.drafts.value = kept.drafts
    this.outbox.messages.value = kept.outbox
    this.#client = new ChatClient(websocketUrl, { token: session.token })
    this.#client
      .on('connected', () => {
        this.isConnected.value = true
        this.#watch()
        this.outbox.sendAll()
      })
      .on('disconnected', () => (this.isConnected.value = false))
      .on('failed', () => session.doubt())
      .on('event', (event) => this.#onEvent(event))
      .on('room', (room) => this.#onRoom(room))
      .on('inbox', () => void this.refresh())
      .on('typing', (room, user) => this.#onTyping(room, user))
      .on('read', (room, user, seq) => this.#onRead(room, user, seq))
      .on('presence', (user, state) => this.#onPresence(user, state))
      .on('removed', (room) => this.#onRemoved(room))
      .on('ended', () => {
        this.isConnected.value = false
        this.#end()
        onEnded()
      })
  }

  /** Reads the list of rooms and follows them. */
  async start(): Promise<void> {
    addEventListener('online', this.#onOnline)
    this.#client.follow([], { inbox: true })
    await this.refresh()
    this.outbox.sendAll()
  }

  async stop(): Promise<void> {
    this.#end()
    await this.#client.close()
  }

  async logOut(): Promise<void> {
    await this.#session.logOut().catch(() => undefined)
    forget(this.me)
    await this.stop()
  }

  /** Reads the rooms of the user, and the invitations. */
  async refresh(): Promise<void> {
    const found: Room[] = []
    let cursor: string | undefined
    do {
      const query = cursor === undefined ? '' : `&cursor=${cursor}`
      const page = await this.#session.call<{ rooms: Omit<Room, 'unread' | 'mentions' | 'at'>[]; next?: string }>(
        'GET',
        `/api/chat/rooms?limit=200${query}`,
      )
      found.push(...page.rooms.map((room) => ({ unread: 0, mentions: 0, at: 0, ...room })))
      cursor = page.next
    } while (cursor !== undefined)
    const former = this.rooms.value
    this.rooms.value = new Map(
      found.map((room) => {
        const { unread = 0, mentions = 0, at = 0 } = former.get(room.room) ?? {}
        return [room.room, { ...room, unread, mentions, at }]
      }),
    )
    this.#client.follow(found.map(({ room }) => [room, undefined] as const))
    this.#watch()
    const { invitations } = await this.#session.call<{
      invitations: { room: string; title: string; state?: string }[]
    }>('GET', '/api/chat/invitations')
    this.invitations.value = invitations.filter(({ state }) => state !== 'requested')
  }

  /** Shows a room: joins it and reads its newest messages. @throws RefusedError, ApiError */
  async open(room: string): Promise<void> {
    this.current.value = { room, messages: [], hasMore: false, isLoading: true, members: [], readBy: {}, notes: [] }
    await this.#client.join(room)
    if (!this.rooms.value.has(room)) await this.refresh()
    await this.earlier()
    this.#change(room, () => ({ isLoading: false }))
    await this.loadMembers()
    this.markRead()
  }

  close(): void {
    this.current.value = undefined
  }

  /** Reads the messages before those that are shown. */
  async earlier(): Promise<void> {
    const open = this.current.value
    if (!open) return
    const before = open.messages[0]?.seq
    const query = before === undefined ? '' : `&before=${before}`
    const page = await this.#session.call<{ events: RoomEvent[]; hasMore: boolean }>(
      'GET',
      `/api/chat/rooms/${open.room}/messages?limit=${PAGE_MESSAGES}${query}`,
    )
    this.#change(open.room, ({ messages }) => ({ messages: merged(messages, page.events), hasMore: page.hasMore }))
  }

  async loadMembers(): Promise<void> {
    const open = this.current.value
    if (!open) return
    const { members } = await this.#session.call<{ members: Member[] }>(
      'GET',
      `/api/chat/rooms/${open.room}/members?limit=200`,
    )
    this.#change(open.room, () => ({ members }))
    this.#watch()
  }

  /** Sends a message: at once, or when there is a connection. It is kept until it is stored. */
  send(body: string, replyTo?: number): void {
    const open = this.current.value
    if (!open) return
    const mentions = mentionsIn(body, open.members)
    const message = { room: open.room, clientId: crypto.randomUUID(), body, replyTo, mentions, at: Date.now() }
    // The next message is typed anew.
    this.#typedAtMs = Number.NEGATIVE_INFINITY
    this.draft(open.room, '')
    this.outbox.add(message)
  }

  draft(room: string, text: string): void {
    const { [room]: _former, ...others } = this.drafts.value
    this.drafts.value = text === '' ? others : { ...others, [room]: text }
    this.#keep()
  }

  /** The user types in the room that is shown. */
  types(): void {
    const open = this.current.value
    if (!open || performance.now() - this.#typedAtMs < TYPING_SENT_MS) return
    this.#typedAtMs = performance.now()
    this.#client.typing(open.room)
  }

  /** The user has seen the newest message of the room that is shown. */
  markRead(): void {
    const open = this.current.value
    const room = open && this.rooms.value.get(open.room)
    const seq = open?.messages.at(-1)?.seq
    if (!room || seq === undefined || document.hidden) return
    if (seq > room.readSeq) this.#client.markRead(room.room, seq)
    if (seq > room.readSeq || room.unread > 0) this.#put({ ...room, readSeq: seq, unread: 0, mentions: 0 })
  }

  edit(seq: number, body: string): Promise<unknown> {
    return this.#act(`messages/${seq}/edit`, { body })
  }

  recall(seq: number): Promise<unknown> {
    return this.#act(`messages/${seq}/recall`, {})
  }

  pin(seq: number, change: 'add' | 'remove'): Promise<unknown> {
    return this.#act(`messages/${seq}/pin`, { change })
  }

  /** Adds a reaction, or removes the user's own one. */
  async react(seq: number, reaction: string): Promise<void> {
    const room = this.current.value?.room
    const isOwn = this.ownReactions.value.has(`${room} ${seq} ${reaction}`)
    const act = (change: 'add' | 'remove') => this.#act(`messages/${seq}/reactions`, { reaction, change })
    try {
      await act(isOwn ? 'remove' : 'add')
    } catch (error) {
      // Given on another device.
      if (isOwn || !(error instanceof ApiError)) throw error
      await act('remove')
    }
  }

  /** Makes a room and returns its name. @throws ApiError */
  async createRoom(kind: 'public' | 'group', title: string, room?: string): Promise<string> {
    const join = kind === 'public' ? 'open' : 'invite'
    const made = await this.#session.call<{ room: string }>('POST', '/api/chat/rooms', {
      kind,
      title,
      join,
      ...(room !== undefined && room !== '' && { room }),
    })
    await this.refresh()
    return made.room
  }

  /** The room of the user and another one. @throws ApiError */
  async direct(user: string): Promise<string> {
    const { room } = await this.#session.call<{ room: string }>('POST', '/api/chat/direct-rooms', { user })
    await this.refresh()
    return room
  }

  async invite(user: string): Promise<void> {
    const open = this.current.value
    if (open) await this.#session.call('POST', `/api/chat/rooms/${open.room}/invitations`, { user })
  }

  async answerInvitation(room: string, answer: 'accept' | 'decline'): Promise<void> {
    const body = answer === 'accept' ? { clientId: crypto.randomUUID() } : {}
    await this.#session.call('POST', `/api/chat/rooms/${room}/invitations/${answer}`, body)
    await this.refresh()
  }

  async leave(): Promise<void> {
    const open = this.current.value
    if (!open) return
    await this.#session.call('POST', `/api/chat/rooms/${open.room}/leave`, { clientId: crypto.randomUUID() })
    this.#onRemoved(open.room)
  }

  /** Own messages of the room that are not stored yet. */
  pendingOf(room: string): Message[] {
    return this.outbox.messages.value
      .filter((message) => message.room === room)
      .map(({ clientId, body, at, replyTo, error }) => ({
        seq: undefined,
        clientId,
        sender: this.me,
        body,
        at,
        replyTo,
        reactions: {},
        changedSeq: 0,
        state: error === undefined ? 'waiting' : 'failed',
        error,
      }))
  }

  readonly #onOnline = (): void => this.outbox.sendAll()

  /** The session is over, so nothing is sent again. */
  #end(): void {
    this.outbox.stop()
    clearTimeout(this.#reloading)
    removeEventListener('online', this.#onOnline)
  }

  #act(path: string, body: object): Promise<unknown> {
    const room = this.current.value?.room ?? ''
    return this.#session.call('POST', `/api/chat/rooms/${room}/${path}`, { clientId: crypto.randomUUID(), ...body })
  }

  #keep(): void {
    const outbox = this.outbox.messages.value.map(({ error: _error, ...message }) => message)
    writeKept(this.me, { outbox, drafts: this.drafts.value })
  }

  #onEvent(event: ChatEvent): void {
    const { room, seq, sender, kind, clientId, at, data, target } = event
    batch(() => {
      const known = this.rooms.value.get(room)
      if (known && kind === 'message') this.#put({ ...known, seq, at })
      if (sender === this.me) {
        this.outbox.remove(clientId)
        if (kind === 'reaction')
          this.#note(`${room} ${target} ${String(data?.['reaction'])}`, data?.['change'] === 'add')
      }
      this.#change(room, ({ messages }) => ({ messages: applied(messages, event).slice(-MAX_MESSAGES) }))
      if (kind === 'member') this.#onMember(event)
      if (kind === 'message') this.#stopTyping(room, sender)
    })
    // A room that anyone may join tells nobody who does.
    const open = this.current.value
    if (open?.room === room && !open.members.some(({ user }) => user === sender)) this.#reloadMembers()
    if (kind === 'settings') void this.refresh()
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

  #onRoom({ room, seq, unread, mentions }: FollowedRoom): void {
    const known = this.rooms.value.get(room)
    if (!known) return
    const isNews = seq > known.seq
    this.#put({
      ...known,
      seq,
      unread: unread ?? known.unread,
      mentions: mentions ?? known.mentions,
      at: isNews || known.at === 0 ? Date.now() - (known.at === 0 && !isNews ? 1e9 : 0) : known.at,
    })
  }

  #onTyping(room: string, user: string): void {
    const until = performance.now() + TYPING_SHOWN_MS
    const users = new Map(this.typing.value.get(room) ?? []).set(user, until)
    this.typing.value = new Map(this.typing.value).set(room, users)
    setTimeout(() => {
      if ((this.typing.value.get(room)?.get(user) ?? 0) <= performance.now()) this.#stopTyping(room, user)
    }, TYPING_SHOWN_MS + 50)
  }

  #stopTyping(room: string, user: string): void {
    const users = this.typing.value.get(room)
    if (!users?.has(user)) return
    this.typing.value = new Map(this.typing.value).set(room, new Map([...users].filter(([name]) => name !== user)))
  }

  #onRead(room: string, user: string, seq: number): void {
    if (user === this.me) return
    this.#change(room, ({ readBy }) => ({ readBy: { ...readBy, [user]: Math.max(seq, readBy[user] ?? 0) } }))
  }

  #onPresence(user: string, state: string): void {
    const online = new Set(this.online.value)
    if (state === 'online') online.add(user)
    else online.delete(user)
    this.online.value = online
  }

  #onRemoved(room: string): void {
    const rooms = new Map(this.rooms.value)
    rooms.delete(room)
    this.rooms.value = rooms
    if (this.current.value?.room === room) this.current.value = undefined
  }

  /** Asks who is online of the people that are shown. */
  #watch(): void {
    const peers = [...this.rooms.value.values()].flatMap(({ peer }) => peer ?? [])
    const members = this.current.value?.members.map(({ user }) => user) ?? []
    const users = [...new Set([...peers, ...members])].filter((user) => user !== this.me).slice(0, MAX_WATCHED)
    if (users.length > 0) this.#client.watch(users)
  }

  /** Soon, and once for all who have come. */
  #reloadMembers(): void {
    clearTimeout(this.#reloading)
    this.#reloading = setTimeout(() => void this.loadMembers().catch(() => undefined), RELOAD_MS)
  }

  #note(reaction: string, isGiven: boolean): void {
    const own = new Set(this.ownReactions.value)
    if (isGiven) own.add(reaction)
    else own.delete(reaction)
    this.ownReactions.value = own
  }

  #put(room: Room): void {
    this.rooms.value = new Map(this.rooms.value).set(room.room, room)
  }

  #change(room: string, change: (open: OpenRoom) => Partial<OpenRoom>): void {
    const open = this.current.value
    if (open?.room === room) this.current.value = { ...open, ...change(open) }
  }
}

/** The members whom a text names; absent if it names none. */
function mentionsIn(body: string, members: readonly Member[]): string[] | undefined {
  const named = new Set([...body.matchAll(/@([\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,63})/gu)].map(([, name]) => name))
  const found = members.filter(({ user }) => named.has(user)).map(({ user }) => user)
  return found.length === 0 ? undefined : found.slice(0, MAX_MENTIONS)
}

const byTime = (a: Room, b: Room) => b.at - a.at || a.title.localeCompare(b.title)

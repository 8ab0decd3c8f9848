import { batch, signal } from '@preact/signals'
import { ChatClient, newClientId, type ChatEvent } from '@chat-app/services/client'
import { Blocks } from './blocks.ts'
import { forget, readKept, writeKept } from './drafts.ts'
import { Mentions } from './mentions.ts'
import { MessageActs } from './message-acts.ts'
import type { Message } from './messages.ts'
import { ShownRoom, type Member } from './open-room.ts'
import { Outbox } from './outbox.ts'
import { People } from './people.ts'
import { Rooms } from './rooms.ts'
import type { PageSession } from './session.ts'
import { Typing } from './typing.ts'

/** A public room as the directory lists it. */
export interface FoundRoom {
  readonly room: string
  readonly title: string
  readonly topic?: string
  readonly members: number
}

const MAX_MENTIONS = 50
const MAX_WATCHED = 200
const MAX_FOUND_ROOMS = 20

/** The state of the chat of one user, and what the user does. Components read the signals. */
export class Chat {
  readonly me: string
  readonly rooms: Rooms
  readonly shown: ShownRoom
  readonly people: People
  readonly acts: MessageActs
  readonly mentions: Mentions
  readonly blocks: Blocks
  readonly typing = new Typing((room) => this.#client.typing(room))
  readonly outbox = new Outbox(
    ({ room, at: _at, ...sent }) => this.#session.call('POST', `/api/chat/rooms/${room}/messages`, sent),
    () => this.#keep(),
  )
  readonly drafts = signal<Readonly<Record<string, string>>>({})
  readonly isConnected = signal(false)
  readonly #session: PageSession
  readonly #client: ChatClient

  /** @param onEnded the session is over */
  constructor(session: PageSession, websocketUrl: string, onEnded: () => void) {
    const call: PageSession['call'] = (method, path, body) => session.call(method, path, body)
    this.me = session.name
    this.#session = session
    this.rooms = new Rooms(call)
    this.people = new People(call)
    this.shown = new ShownRoom(call, (people) => {
      this.people.note(people)
      this.#watch()
    })
    this.acts = new MessageActs(call, () => this.current.value?.room ?? '')
    this.mentions = new Mentions(call)
    this.blocks = new Blocks(call)
    const kept = readKept(this.me)
    this.drafts.value = kept.drafts
    this.outbox.messages.value = kept.outbox
    this.#client = new ChatClient(websocketUrl, { token: session.token })
    this.#listen(onEnded)
  }

  /** The room that is shown. */
  get current() {
    return this.shown.current
  }

  #listen(onEnded: () => void): void {
    this.#client
      .on('connected', () => {
        this.isConnected.value = true
        this.#watch()
        this.outbox.sendAll()
      })
      .on('disconnected', () => (this.isConnected.value = false))
      .on('failed', () => this.#session.doubt())
      .on('event', (event) => this.#onEvent(event))
      .on('room', (room) => this.rooms.onState(room))
      .on('inbox', () => void this.refresh())
      .on('typing', (room, user) => this.typing.on(room, user))
      .on('read', (room, user, seq) => {
        if (user !== this.me) this.shown.onRead(room, user, seq)
      })
      .on('presence', (user, state) => this.people.onPresence(user, state))
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
    // Without these, blocked people are only not marked, and people are called by their names.
    void this.blocks.load().catch(() => undefined)
    void this.people.load(this.me).catch(() => undefined)
    this.outbox.sendAll()
  }

  /** What the server has of the user, as lines of JSON. @throws ApiError */
  exported(): Promise<Blob> {
    return this.#session.download('/api/users/me/export')
  }

  /** Deletes the account. The server ends the session. @throws ApiError */
  async deleteAccount(password: string): Promise<void> {
    await this.#session.call('POST', '/api/users/me/delete', { password })
    forget(this.me)
    await this.stop()
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

  /** Reads the rooms of the user, and the invitations. @throws ApiError */
  async refresh(): Promise<void> {
    await this.rooms.load()
    this.people.note(this.rooms.peers())
    this.#client.follow([...this.rooms.all.value.keys()].map((room) => [room, undefined] as const))
    this.#watch()
  }

  /**
   * Shows a room: joins it and reads its newest messages, or those around one.
   *
   * @param seq the number of a message to scroll to
   * @throws RefusedError, ApiError
   */
  async open(room: string, seq?: number): Promise<void> {
    if (this.current.value?.room === room && seq !== undefined) return this.shown.goTo(seq)
    this.shown.begin(room, seq)
    await this.#client.join(room)
    if (!this.rooms.get(room)) await this.refresh()
    await this.shown.load(room, seq)
    await this.shown.loadMembers()
    this.markRead()
  }

  /** Sends a message: at once, or when there is a connection. It is kept until it is stored. */
  send(body: string, replyTo?: number): void {
    const open = this.current.value
    if (!open) return
    const mentions = mentionsIn(body, open.members)
    const message = { room: open.room, clientId: newClientId(), body, replyTo, mentions, at: Date.now() }
    this.typing.sent()
    this.draft(open.room, '')
    this.outbox.add(message)
    void this.shown.goToEnd().catch(() => undefined)
  }

  draft(room: string, text: string): void {
    const { [room]: _former, ...others } = this.drafts.value
    this.drafts.value = text === '' ? others : { ...others, [room]: text }
    this.#keep()
  }

  /** Whether the end of the list is on the screen. The newest message is then read. */
  atEnd(isAtEnd: boolean): void {
    this.shown.isAtEnd = isAtEnd
    this.markRead()
  }

  /** Marks the newest message of the room that is shown as read, if the user sees it. */
  markRead(): void {
    const open = this.current.value
    const room = open && this.rooms.get(open.room)
    const seq = open?.messages.at(-1)?.seq
    if (!room || open.hasMoreAfter || !this.shown.isAtEnd || seq === undefined || document.hidden) return
    if (seq > room.readSeq) this.#client.markRead(room.room, seq)
    if (seq > room.readSeq || room.unread > 0) this.rooms.put({ ...room, readSeq: seq, unread: 0, mentions: 0 })
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

  /** @throws ApiError */
  async invite(user: string): Promise<void> {
    const open = this.current.value
    if (open) await this.#session.call('POST', `/api/chat/rooms/${open.room}/invitations`, { user })
  }

  /** Public rooms whose name, title or topic has this text; the newest ones for an empty text. @throws ApiError */
  async findRooms(text: string): Promise<readonly FoundRoom[]> {
    const query = text === '' ? '' : `&query=${encodeURIComponent(text)}`
    const path = `/api/chat/public-rooms?limit=${MAX_FOUND_ROOMS}${query}`
    return (await this.#session.call<{ rooms: readonly FoundRoom[] }>('GET', path)).rooms
  }

  async answerInvitation(room: string, answer: 'accept' | 'decline'): Promise<void> {
    const body = answer === 'accept' ? { clientId: newClientId() } : {}
    await this.#session.call('POST', `/api/chat/rooms/${room}/invitations/${answer}`, body)
    await this.refresh()
  }

  async leave(): Promise<void> {
    const open = this.current.value
    if (!open) return
    await this.#session.call('POST', `/api/chat/rooms/${open.room}/leave`, { clientId: newClientId() })
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
    this.shown.stop()
    removeEventListener('online', this.#onOnline)
  }

  #keep(): void {
    const outbox = this.outbox.messages.value.map(({ error: _error, ...message }) => message)
    writeKept(this.me, { outbox, drafts: this.drafts.value })
  }

  #onEvent(event: ChatEvent): void {
    const { room, seq, sender, kind, clientId, at } = event
    batch(() => {
      const known = this.rooms.get(room)
      if (known && kind === 'message') this.rooms.put({ ...known, seq, at })
      if (sender === this.me) {
        this.outbox.remove(clientId)
        if (kind === 'reaction') this.acts.onReaction(event)
      }
      this.shown.onEvent(event)
      this.mentions.onEvent(room, event)
      if (kind === 'message') this.typing.off(room, sender)
    })
    if (kind === 'settings') void this.refresh()
  }

  #onRemoved(room: string): void {
    this.rooms.remove(room)
    this.mentions.forget(room)
    if (this.current.value?.room === room) this.shown.close()
  }

  /** Asks who is online of the people that are shown. */
  #watch(): void {
    const peers = this.rooms.peers().map(({ user }) => user)
    const members = this.current.value?.members.map(({ user }) => user) ?? []
    const users = [...new Set([...peers, ...members])].filter((user) => user !== this.me).slice(0, MAX_WATCHED)
    if (users.length > 0) this.#client.watch(users)
  }
}

/** The members whom a text names; absent if it names none. */
function mentionsIn(body: string, members: readonly Member[]): string[] | undefined {
  const named = new Set([...body.matchAll(/@([\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,63})/gu)].map(([, name]) => name))
  const found = members.filter(({ user }) => named.has(user)).map(({ user }) => user)
  return found.length === 0 ? undefined : found.slice(0, MAX_MENTIONS)
}

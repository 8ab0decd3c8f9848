import { EventEmitter } from 'node:events'
import { Asking } from './asking.ts'
import { claimsOf } from './claims.ts'
import { Following } from './following.ts'
import { Link, type ServerFrame } from './link.ts'
import type { AnswerOf, FrameOperation, InputOf } from './operations.ts'
import { Pauses } from './retry.ts'
import { newClientId } from './random.ts'
import { newRecord, type Cursor, type Record } from './record.ts'
import {
  RefusedError,
  type Acknowledgement,
  type Address,
  type ChatEvent,
  type ClientEvents,
  type ConnectOptions,
  type EventFields,
} from './types.ts'

interface Unacknowledged {
  readonly room: string
  readonly clientId: string
  /** Its frame. */
  readonly text: string
  readonly resolve: (acknowledgement: Acknowledgement) => void
  readonly reject: (error: Error) => void
}

interface JoinedRoom {
  cursor: Cursor | undefined
  /** Resolved by the first `joined` frame. */
  readonly first: PromiseWithResolvers<Cursor>
}

interface JoinedFrame extends Cursor {
  readonly room: string
  /** The room in the events of `chat.v2`. */
  readonly r?: number
  readonly reset?: true
}

/** An event of `chat.v2`. */
interface ShortEvent extends Omit<ChatEvent, 'room' | 'epoch' | 'clientId' | 'kind'> {
  readonly r: number
  /** @default message */
  readonly kind?: string
}

interface ErrorFrame {
  readonly code: string
  readonly message: string
  readonly request?: string
  readonly room?: string
  readonly clientId?: string
  readonly retryAfterSeconds?: number
}

const MAX_UNACKNOWLEDGED = 10_000
const READY_TIMEOUT_MS = 30_000
/** The pauses before a `sync` is sent again: the database is away or has too much to do. */
const SYNC_RETRY_MS = { first: 1000, most: 30_000 }
/** The server closes the connection for a longer frame. */
const MAX_FRAME_BYTES = 64 * 1024

/** Makes a client and waits for its first connection. @throws Error with the last failure if there is none in time */
export async function connect(url: Address, options: ConnectOptions): Promise<ChatClient> {
  const client = new ChatClient(url, options)
  await client.ready()
  return client
}

/**
 * A client that does its part of the protocol (docs/protocol.md): it reconnects after a random pause, joins each room
 * from its last event on, and sends unacknowledged messages again with the same client ids and in the same order.
 */
export class ChatClient extends EventEmitter<ClientEvents> {
  /** All that the user sent and received. */
  readonly record: Record
  readonly #options: ConnectOptions
  readonly #link: Link
  readonly #rooms = new Map<string, JoinedRoom>()
  /** The rooms of the events of `chat.v2`, by their numbers on this connection. */
  readonly #numbered = new Map<number, { readonly room: string; readonly epoch: number }>()
  readonly #following: Following
  readonly #asking: Asking
  readonly #unacknowledged = new Map<string, Unacknowledged>()
  /** The rooms and messages of this connection that the server has to answer before the connection counts as one that works. */
  #unanswered = new Set<string>()

  constructor(url: Address, options: ConnectOptions) {
    super()
    this.#options = options
    this.record = newRecord('')
    this.#link = new Link(url, options, {
      onToken: (token) => this.#nameUser(token),
      onOpened: (node) => this.#onOpened(node),
      onFrame: (frame) => this.#onFrame(frame),
      onClosed: (code, reason) => {
        this.#asking.lost()
        this.emit('disconnected', code, reason)
      },
      onFailed: (reason) => this.emit('failed', reason),
      onWaiting: (pauseMs, wasOpen) => {
        this.record.reconnects += wasOpen ? 1 : 0
        this.emit('waiting', pauseMs)
      },
      onEnded: (reason) => this.#onEnded(reason),
    })
    this.#asking = new Asking((text) => this.#link.send(text))
    this.#following = new Following({
      send: (frame) => this.#link.send(JSON.stringify(frame)),
      positionOf: (room) => this.#rooms.get(room)?.cursor,
      onEvent: (event) => this.#deliver(event),
      onRoom: (room) => this.emit('room', room),
      onInbox: (entries, rooms) => this.emit('inbox', entries, rooms),
      onSynced: () => this.emit('synced'),
      onRefused: (rooms, code, message) => this.emit('unsynced', rooms, new RefusedError(code, message)),
      onUnsupported: (room, after) => void this.join(room, after).catch(() => undefined),
      pauses: new Pauses(options.retryMs ?? SYNC_RETRY_MS),
    })
    void this.#link.run()
  }

  get isConnected(): boolean {
    return this.#link.isOpen
  }

  /** Waits for the first connection. @throws Error with the last failure; the client is closed then */
  async ready(): Promise<void> {
    if (this.isConnected) return
    const timeoutMs = this.#options.timeoutMs ?? READY_TIMEOUT_MS
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.off('connected', end).off('ended', end)
        resolve()
      }
      const timer = setTimeout(end, timeoutMs)
      this.on('connected', end).on('ended', end)
      if (this.#link.isEnded) end()
    })
    if (this.isConnected) return
    const { isEnded, lastFailure, address } = this.#link
    const failure = isEnded ? lastFailure : `no connection within ${timeoutMs} ms: ${lastFailure}`
    await this.close()
    throw new Error(`${address}: ${failure}`)
  }

  /** Joins a room at its head, or after a position. Returns the position where it starts. @throws RefusedError */
  async join(room: string, after?: Cursor): Promise<Cursor> {
    if (this.#link.isEnded) throw new Error(this.#link.lastFailure)
    const known = this.#rooms.get(room)
    if (known) return known.first.promise
    const joined: JoinedRoom = { cursor: after, first: Promise.withResolvers<Cursor>() }
    this.#rooms.set(room, joined)
    this.#unanswered.add(room)
    if (after) this.record.joined.set(room, after)
    this.#sendJoin(room, joined)
    return joined.first.promise
  }

  /**
   * Follows rooms without joining them, from a position or from their heads: the events `room` and, as long as few were
   * missed, `event` tell of them. A server that does not know this is asked to join them.
   *
   * @param options.inbox also follow the user's inbox
   */
  follow(rooms: Iterable<readonly [string, Cursor | undefined]>, options: { inbox?: boolean } = {}): void {
    this.#following.add(rooms, options.inbox ?? false)
  }

  /**
   * Asks for an operation over this connection, such as `listMembers`, and waits for its answer. What changes a message
   * needs a `join` of the room before. It is not sent again when the connection is lost.
   *
   * @throws RefusedError with the code of the server, `unavailable` without a connection
   */
  ask<N extends FrameOperation>(operation: N, input: InputOf<N>): Promise<AnswerOf<N>> {
    return this.#asking.ask(operation, input)
  }

  /** The user has read a room up to an event. */
  markRead(room: string, seq: number): void {
    this.#link.send(JSON.stringify({ type: 'read', room, seq }))
  }

  /** The user types in a room. The others are told at most every 2 s, and show it for 5 s. */
  typing(room: string): void {
    this.#link.send(JSON.stringify({ type: 'typing', room }))
  }

  /** Asks who of these users is online, and of no others. Ask again after a reconnect. */
  watch(users: readonly string[]): void {
    this.#link.send(JSON.stringify({ type: 'watch', users }))
  }

  /**
   * Sends a message to a joined room and waits until it is stored.
   *
   * @param clientId
   * @default a random UUID
   * @throws RefusedError
   */
  send(room: string, body: string, clientId?: string): Promise<Acknowledgement> {
    return this.sendEvent(room, { body }, clientId)
  }

  /**
   * The same for an event of any kind: a message with mentions, or a change of a message.
   *
   * @param event the fields of its `send` frame other than room and client id
   * @param clientId
   * @default a random UUID
   * @throws RefusedError
   */
  sendEvent(room: string, event: EventFields, clientId: string = newClientId()): Promise<Acknowledgement> {
    if (this.#link.isEnded) return Promise.reject(new Error(this.#link.lastFailure))
    if (this.#unacknowledged.size >= MAX_UNACKNOWLEDGED) {
      return Promise.reject(new Error(`${MAX_UNACKNOWLEDGED} messages are not acknowledged yet: wait for some of them`))
    }
    const text = JSON.stringify({ type: 'send', room, clientId, ...event })
    const bytes = new TextEncoder().encode(text).length
    if (bytes > MAX_FRAME_BYTES) {
      const message = `${bytes} bytes as JSON: a message may have ${MAX_FRAME_BYTES}; make the body shorter`
      return Promise.reject(new RefusedError('too_large', message))
    }
    return new Promise((resolve, reject) => {
      this.#unacknowledged.set(keyOf(room, clientId), { room, clientId, text, resolve, reject })
      this.record.sent.push({ room, clientId })
      this.#link.send(text)
    })
  }

  /** Closes the connection. Messages without an acknowledgement are rejected. */
  async close(): Promise<void> {
    await this.#link.close()
  }

  #onEnded(reason: string): void {
    for (const message of this.#unacknowledged.values()) message.reject(new Error(reason))
    this.#unacknowledged.clear()
    for (const { first } of this.#rooms.values()) first.reject(new Error(reason))
    this.emit('ended', reason)
  }

  /** Gives the record the name that the user's events have as their sender. */
  #nameUser(token: string): void {
    const { sub } = claimsOf(token)
    Object.assign(this.record, { user: typeof sub === 'string' ? sub : '' })
  }

  #onOpened(node: string | undefined): void {
    this.#numbered.clear()
    this.#unanswered = new Set([...this.#rooms.keys(), ...this.#unacknowledged.keys()])
    for (const [room, joined] of this.#rooms) this.#sendJoin(room, joined)
    for (const { text } of this.#unacknowledged.values()) this.#link.send(text)
    this.#following.restart()
    this.emit('connected', node)
  }

  #sendJoin(room: string, { cursor }: JoinedRoom): void {
    this.#link.send(JSON.stringify({ type: 'join', room, ...(cursor && { after: cursor }) }))
  }

  #onFrame(frame: ServerFrame): void {
    if (this.#asking.receive(frame) || this.#following.receive(frame)) return
    if (frame.type === undefined) return this.#onShortEvent(frame as unknown as ShortEvent)
    switch (frame.type) {
      case 'typing':
        return void this.emit('typing', frame['room'] as string, frame['user'] as string)
      case 'read':
        return void this.emit('read', frame['room'] as string, frame['user'] as string, frame['seq'] as number)
      case 'presence':
        return void this.emit('presence', frame['user'] as string, frame['state'] as string)
      case 'event':
        return this.#onEvent(frame as unknown as ChatEvent)
      case 'ack':
        return this.#onAcknowledged(frame as unknown as Acknowledgement)
      case 'joined':
        return this.#onJoined(frame as unknown as JoinedFrame)
      case 'skipped':
        return this.#onSkipped(frame as unknown as { room: string } & Cursor)
      case 'removed':
        return this.#onRemoved(frame['room'] as string)
      case 'resume_needed':
        return this.#onResumeNeeded(frame['room'] as string)
      case 'error':
        return this.#onError(frame as unknown as ErrorFrame)
    }
  }

  #onEvent(event: ChatEvent): void {
    const { room, epoch, seq } = event
    const joined = this.#rooms.get(room)
    if (joined) joined.cursor = { epoch, seq }
    this.#deliver(event)
  }

  #onShortEvent({ r, ...event }: ShortEvent): void {
    const numbered = this.#numbered.get(r)
    if (numbered) this.#onEvent({ kind: 'message', ...event, ...numbered, clientId: '' })
  }

  #deliver(event: ChatEvent): void {
    const { room, epoch, seq, sender, clientId } = event
    this.record.delivered.push({ room, epoch, seq, sender, clientId })
    this.emit('event', event)
  }

  /** The position passes what the user may not read, which is no event that is missing. */
  #onSkipped({ room, epoch, seq }: { room: string } & Cursor): void {
    const joined = this.#rooms.get(room)
    if (joined) joined.cursor = { epoch, seq }
  }

  #onRemoved(room: string): void {
    if (!this.#rooms.delete(room)) return
    this.#onAnswered(room)
    this.emit('removed', room, new RefusedError('forbidden', `the user is no longer a member of the room "${room}"`))
  }

  #onAcknowledged(acknowledgement: Acknowledgement): void {
    const { room, clientId, epoch, seq } = acknowledgement
    const key = keyOf(room, clientId)
    const message = this.#unacknowledged.get(key)
    if (!message) return
    this.#unacknowledged.delete(key)
    const sent = this.record.sent.findLast((one) => one.clientId === clientId && one.room === room)
    if (sent) sent.acknowledged = { epoch, seq }
    message.resolve(acknowledgement)
    this.#onAnswered(key)
  }

  /** A join alone shows little: it may need no query, and the message that follows it may be refused at once. */
  #onAnswered(roomOrMessage: string): void {
    if (this.#unanswered.delete(roomOrMessage) && this.#unanswered.size === 0) this.#link.settle()
  }

  #onJoined({ room, r, epoch, seq, reset }: JoinedFrame): void {
    this.#onAnswered(room)
    if (r !== undefined) this.#numbered.set(r, { room, epoch })
    const joined = this.#rooms.get(room)
    if (!joined) return
    // Without a valid position of its own the client starts at the head.
    if (!joined.cursor || reset) joined.cursor = { epoch, seq }
    if (!this.record.joined.has(room)) this.record.joined.set(room, joined.cursor)
    joined.first.resolve(joined.cursor)
  }

  #onResumeNeeded(room: string): void {
    const joined = this.#rooms.get(room)
    if (joined) this.#sendJoin(room, joined)
  }

  #onError({ code, message, request, room = '', clientId, retryAfterSeconds }: ErrorFrame): void {
    if (code === 'unavailable') {
      // The server closes the connection for these, and they are sent again after the next connect. After the others it
      // stays open.
      if (request === 'join' || request === 'send' || request === undefined) this.#link.retryAfter(retryAfterSeconds)
      return
    }
    const error = new RefusedError(code, message)
    if (clientId !== undefined) {
      const key = keyOf(room, clientId)
      this.#unacknowledged.get(key)?.reject(error)
      this.#unacknowledged.delete(key)
      this.#onAnswered(key)
    } else if (request === 'join' || request === undefined) this.#onJoinRefused(room, error)
  }

  #onJoinRefused(room: string, error: RefusedError): void {
    const refused = this.#rooms.get(room)
    if (!refused) return
    this.#rooms.delete(room)
    refused.first.reject(error)
    this.#onAnswered(room)
    if (this.record.joined.has(room)) this.emit('removed', room, error)
  }
}

const keyOf = (room: string, clientId: string) => `${room}\0${clientId}`

import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket, type RawData } from 'ws'
import { newRecord, type Cursor, type Record } from './record.ts'
import { RefusedError, type Acknowledgement, type Address, type ChatEvent, type ConnectOptions } from './types.ts'

interface Events {
  event: [ChatEvent]
  /** The connection was closed or cut. The client reconnects unless it was closed. */
  disconnected: [code: number, reason: string]
  connected: []
  /** A connect failed, and is tried again. `HTTP 401` means that the token was refused. */
  failed: [reason: string]
  /** The client does not connect again: it was closed, or its token was refused. */
  ended: [reason: string]
}

interface Unacknowledged {
  readonly room: string
  readonly clientId: string
  readonly body: string
  readonly resolve: (acknowledgement: Acknowledgement) => void
  readonly reject: (error: Error) => void
}

interface JoinedRoom {
  cursor: Cursor | undefined
  /** Resolved by the first `joined` frame. */
  readonly first: PromiseWithResolvers<Cursor>
}

/** How a connection ended. */
interface Ended {
  readonly code: number
  readonly reason: string
  readonly wasOpen: boolean
}

type ServerFrame = { readonly type: string } & { readonly [field: string]: unknown }

const MAX_UNACKNOWLEDGED = 10_000
const READY_TIMEOUT_MS = 30_000
const RETRY_MS = { first: 100, most: 5000 }
const HANDSHAKE_TIMEOUT_MS = 5000
/** How long the server may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 2000
/** The server pings every 25 s, so a connection without a ping for this time is dead. */
const SILENCE_MS = 60_000

const CLOSE_NORMAL = 1000
const CLOSE_PROTOCOL_ERROR = 1002

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
export class ChatClient extends EventEmitter<Events> {
  /** All that the user sent and received. */
  readonly record: Record
  readonly #url: Address
  readonly #options: ConnectOptions
  readonly #rooms = new Map<string, JoinedRoom>()
  readonly #unacknowledged = new Map<string, Unacknowledged>()
  #socket: WebSocket | undefined
  #failures = 0
  #closed = false
  #lastFailure = 'not connected yet'
  #silence: NodeJS.Timeout | undefined

  constructor(url: Address, options: ConnectOptions) {
    super()
    this.#url = url
    this.#options = options
    this.record = newRecord('')
    void this.#run()
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Waits for the first connection. @throws Error with the last failure; the client is closed then */
  async ready(): Promise<void> {
    if (this.isConnected) return
    const timeoutMs = this.#options.timeoutMs ?? READY_TIMEOUT_MS
    const signal = AbortSignal.timeout(timeoutMs)
    await Promise.race([once(this, 'connected', { signal }), once(this, 'ended', { signal })]).catch(() => undefined)
    if (this.isConnected) return
    const failure = this.#closed ? this.#lastFailure : `no connection within ${timeoutMs} ms: ${this.#lastFailure}`
    await this.close()
    throw new Error(`${this.#address()}: ${failure}`)
  }

  /** Joins a room at its head, or after a position. Returns the position where it starts. @throws RefusedError */
  async join(room: string, after?: Cursor): Promise<Cursor> {
    const known = this.#rooms.get(room)
    if (known) return known.first.promise
    const joined: JoinedRoom = { cursor: after, first: Promise.withResolvers<Cursor>() }
    joined.first.promise.catch(() => this.#rooms.delete(room))
    this.#rooms.set(room, joined)
    if (after) this.record.joined.set(room, after)
    if (this.isConnected) this.#sendJoin(room, joined)
    return joined.first.promise
  }

  /**
   * Sends a message to a joined room and waits until it is stored.
   *
   * @param clientId
   * @default a random UUID
   * @throws RefusedError
   */
  send(room: string, body: string, clientId: string = randomUUID()): Promise<Acknowledgement> {
    if (this.#closed) return Promise.reject(new Error('the client is closed'))
    if (this.#unacknowledged.size >= MAX_UNACKNOWLEDGED) {
      return Promise.reject(new Error(`${MAX_UNACKNOWLEDGED} messages are not acknowledged yet: wait for some of them`))
    }
    return new Promise((resolve, reject) => {
      const message: Unacknowledged = { room, clientId, body, resolve, reject }
      this.#unacknowledged.set(`${room}\0${clientId}`, message)
      this.record.sent.push({ room, clientId })
      if (this.isConnected) this.#sendMessage(message)
    })
  }

  /** Closes the connection. Messages without an acknowledgement are rejected. */
  async close(): Promise<void> {
    this.#end('the client was closed')
    const socket = this.#socket
    if (!socket || socket.readyState === WebSocket.CLOSED) return
    const closed = once(socket, 'close')
    socket.close(CLOSE_NORMAL)
    const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS)
    await closed.catch(() => undefined)
    clearTimeout(timer)
  }

  #address(): string {
    return typeof this.#url === 'string' ? this.#url : this.#url()
  }

  #end(reason: string): void {
    this.#closed = true
    clearTimeout(this.#silence)
    for (const message of this.#unacknowledged.values()) message.reject(new Error(reason))
    this.#unacknowledged.clear()
    for (const { first } of this.#rooms.values()) first.reject(new Error(reason))
    this.emit('ended', reason)
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const { code, reason, wasOpen } = await this.#connectOnce()
      if (wasOpen) this.emit('disconnected', code, reason)
      if (this.#closed) return
      if (wasOpen) this.record.reconnects += 1
      else this.emit('failed', this.#lastFailure)
      this.#failures = wasOpen ? 1 : this.#failures + 1
      await this.#pause()
    }
  }

  async #pause(): Promise<void> {
    const { first, most } = this.#options.retryMs ?? RETRY_MS
    const longest = Math.min(first * 2 ** (this.#failures - 1), most)
    await sleep(longest * (0.5 + Math.random() / 2))
  }

  /** Makes one connection and waits until it is closed. */
  async #connectOnce(): Promise<Ended> {
    try {
      const token = await this.#token()
      if (this.#closed) return { code: 0, reason: 'the client was closed', wasOpen: false }
      return await this.#open(token)
    } catch (error) {
      this.#lastFailure = (error as Error).message
      return { code: 0, reason: this.#lastFailure, wasOpen: false }
    }
  }

  async #token(): Promise<string> {
    try {
      const { token } = this.#options
      const current = typeof token === 'string' ? token : await token()
      this.#nameUser(current)
      return current
    } catch (error) {
      throw new Error(`no token: ${(error as Error).message}`, { cause: error })
    }
  }

  #open(token: string): Promise<Ended> {
    const socket = new WebSocket(this.#address(), 'chat.v1', {
      headers: { Authorization: `Bearer ${token}` },
      handshakeTimeout: this.#options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
      perMessageDeflate: false,
    })
    this.#socket = socket
    let wasOpen = false
    let refusal: string | undefined
    socket.on('open', () => {
      wasOpen = true
      this.#onOpen(socket)
    })
    socket.on('message', (data) => this.#onMessage(data))
    socket.on('ping', () => this.#watchSilence(socket))
    socket.on('error', (error) => (this.#lastFailure = refusal ?? error.message))
    socket.on('unexpected-response', (_request, { statusCode }) => {
      this.#lastFailure = refusal = `HTTP ${statusCode}`
      // The same token would be refused again.
      if (statusCode === 401 && typeof this.#options.token === 'string') this.#end(refusal)
      // ws emits `error` and `close` for it; without it, it would emit neither.
      socket.terminate()
    })
    return new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString(), wasOpen }))
    })
  }

  /** Gives the record the name that the user's events have as their sender. */
  #nameUser(token: string): void {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}') as {
      sub?: string
    }
    Object.assign(this.record, { user: claims.sub ?? '' })
  }

  #onOpen(socket: WebSocket): void {
    this.#watchSilence(socket)
    for (const [room, joined] of this.#rooms) this.#sendJoin(room, joined)
    for (const message of this.#unacknowledged.values()) this.#sendMessage(message)
    this.emit('connected')
  }

  #watchSilence(socket: WebSocket): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => socket.terminate(), SILENCE_MS)
    this.#silence.unref()
  }

  #sendJoin(room: string, { cursor }: JoinedRoom): void {
    this.#socket?.send(JSON.stringify({ type: 'join', room, ...(cursor && { after: cursor }) }))
  }

  #sendMessage({ room, clientId, body }: Unacknowledged): void {
    this.#socket?.send(JSON.stringify({ type: 'send', room, clientId, body }))
  }

  #onMessage(data: RawData): void {
    const frame = parse(data)
    if (!frame) return this.#socket?.close(CLOSE_PROTOCOL_ERROR)
    switch (frame.type) {
      case 'event':
        return this.#onEvent(frame as unknown as ChatEvent)
      case 'ack':
        return this.#onAcknowledged(frame as unknown as Acknowledgement)
      case 'joined':
        return this.#onJoined(frame as unknown as { room: string; reset?: true } & Cursor)
      case 'resume_needed':
        return this.#onResumeNeeded(frame['room'] as string)
      case 'error':
        return this.#onError(frame as unknown as { code: string; message: string; room?: string; clientId?: string })
    }
  }

  #onEvent(event: ChatEvent): void {
    const { room, epoch, seq, sender, clientId } = event
    const joined = this.#rooms.get(room)
    if (joined) joined.cursor = { epoch, seq }
    this.record.delivered.push({ room, epoch, seq, sender, clientId })
    this.emit('event', event)
  }

  #onAcknowledged(acknowledgement: Acknowledgement): void {
    const { room, clientId, epoch, seq } = acknowledgement
    const key = `${room}\0${clientId}`
    const message = this.#unacknowledged.get(key)
    if (!message) return
    this.#unacknowledged.delete(key)
    const sent = this.record.sent.findLast((one) => one.clientId === clientId && one.room === room)
    if (sent) sent.acknowledged = { epoch, seq }
    message.resolve(acknowledgement)
  }

  #onJoined({ room, epoch, seq, reset }: { room: string; reset?: true } & Cursor): void {
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

  #onError({
    code,
    message,
    room,
    clientId,
  }: {
    code: string
    message: string
    room?: string
    clientId?: string
  }): void {
    const error = new RefusedError(code, message)
    if (clientId === undefined) {
      if (room !== undefined && code !== 'unavailable') this.#rooms.get(room)?.first.reject(error)
      else if (room !== undefined) this.#socket?.close(CLOSE_NORMAL)
      return
    }
    // The server closes the connection after `unavailable`, and the message is sent again after the next connect.
    if (code === 'unavailable') return
    const key = `${room ?? ''}\0${clientId}`
    this.#unacknowledged.get(key)?.reject(error)
    this.#unacknowledged.delete(key)
  }
}

function parse(data: RawData): ServerFrame | undefined {
  try {
    return JSON.parse((data as Buffer).toString()) as ServerFrame
  } catch {
    return undefined
  }
}

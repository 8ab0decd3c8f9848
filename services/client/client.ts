import { EventEmitter, once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { WebSocket, type RawData } from 'ws'
import { newRecord, type Cursor, type Delivery, type Record } from './record.ts'

export interface ConnectOptions {
  /** A token, or what fetches a fresh one before each connect. */
  readonly token: string | (() => string | Promise<string>)
  /** First and largest pause before a reconnect; each is drawn from half to all of it. Defaults: 100 ms, 5 s. */
  readonly retryMs?: { readonly first: number; readonly most: number }
  /** How long `connect` and `join` go on trying. Default: 30 s. */
  readonly timeoutMs?: number
}

export interface ChatEvent extends Delivery {
  readonly kind: string
  readonly body: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface Acknowledgement extends Cursor {
  readonly room: string
  readonly clientId: string
}

/** What the server refused; `code` is that of the error frame. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

interface Events {
  event: [ChatEvent]
  /** The connection was cut or closed; it will be made again. */
  disconnected: [code: number, reason: string]
  connected: []
  /** It will not connect any more: it was closed, or its token was refused. */
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
  /** Fulfilled by the first `joined`. */
  readonly first: PromiseWithResolvers<Cursor>
}

type ServerFrame = { readonly type: string } & { readonly [field: string]: unknown }

const maxUnacknowledged = 10_000
/** The server gives a client up after 60 s of silence and asks every 25 s; a client that hears nothing for longer comes back. */
const silenceMs = 60_000

/** Where to connect to; a function is asked anew before each connection. */
export type Address = string | (() => string)

/** Connects and resolves when the first connection stands. */
export async function connect(url: Address, options: ConnectOptions): Promise<ChatClient> {
  const client = new ChatClient(url, options)
  await client.ready()
  return client
}

/**
 * A client that keeps the protocol's promises from its side: it resumes each room from the last event it has, sends what was not
 * acknowledged again under the same client id and in the same order, and comes back after a random pause.
 */
export class ChatClient extends EventEmitter<Events> {
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

  async ready(): Promise<void> {
    if (this.isConnected) return
    const timeoutMs = this.#options.timeoutMs ?? 30_000
    const signal = AbortSignal.timeout(timeoutMs)
    await Promise.race([once(this, 'connected', { signal }), once(this, 'ended', { signal })]).catch(() => undefined)
    if (this.isConnected) return
    const failure = this.#closed ? this.#lastFailure : `no connection within ${timeoutMs} ms: ${this.#lastFailure}`
    await this.close()
    throw new Error(`${this.#address()}: ${failure}`)
  }

  /** Takes part in a room from its head on, or from what follows `after`. Resolves with where it begins. */
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

  /** Resolves when the message is stored for good. The room must have been joined. @throws RefusedError */
  send(room: string, body: string, clientId: string = randomUUID()): Promise<Acknowledgement> {
    if (this.#closed) return Promise.reject(new Error('the client is closed'))
    if (this.#unacknowledged.size >= maxUnacknowledged) {
      return Promise.reject(
        new Error(`${maxUnacknowledged} messages wait for their acknowledgement: await some of them`),
      )
    }
    return new Promise((resolve, reject) => {
      const message: Unacknowledged = { room, clientId, body, resolve, reject }
      this.#unacknowledged.set(`${room}\0${clientId}`, message)
      this.record.sent.push({ room, clientId })
      if (this.isConnected) this.#sendMessage(message)
    })
  }

  /** Ends it; messages without an acknowledgement are rejected. */
  async close(): Promise<void> {
    this.#end('the client was closed')
    const socket = this.#socket
    if (!socket || socket.readyState === WebSocket.CLOSED) return
    const closed = once(socket, 'close')
    socket.close(1000)
    const timer = setTimeout(() => socket.terminate(), 2000)
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
      this.#failures = wasOpen ? 1 : this.#failures + 1
      await this.#pause()
    }
  }

  async #pause(): Promise<void> {
    const { first, most } = this.#options.retryMs ?? { first: 100, most: 5000 }
    const longest = Math.min(first * 2 ** (this.#failures - 1), most)
    await new Promise((resolve) => setTimeout(resolve, longest / 2 + (Math.random() * longest) / 2))
  }

  /** One connection from its beginning to its end. */
  async #connectOnce(): Promise<{ code: number; reason: string; wasOpen: boolean }> {
    let token: string
    try {
      token = typeof this.#options.token === 'string' ? this.#options.token : await this.#options.token()
      this.#nameUser(token)
    } catch (error) {
      this.#lastFailure = `no token: ${(error as Error).message}`
      return { code: 0, reason: this.#lastFailure, wasOpen: false }
    }
    if (this.#closed) return { code: 0, reason: 'the client was closed', wasOpen: false }
    return new Promise((resolve) => {
      const headers = { Authorization: `Bearer ${token}` }
      const socket = new WebSocket(this.#address(), 'chat.v1', {
        headers,
        handshakeTimeout: 5000,
        perMessageDeflate: false,
      })
      this.#socket = socket
      let wasOpen = false
      socket.on('open', () => {
        wasOpen = true
        this.#onOpen(socket)
      })
      socket.on('message', (data) => this.#onMessage(data))
      socket.on('ping', () => this.#watchSilence(socket))
      let refusal: string | undefined
      socket.on('error', (error) => (this.#lastFailure = refusal ?? error.message))
      socket.on('unexpected-response', (_request, { statusCode }) => {
        this.#lastFailure = refusal = `HTTP ${statusCode}`
        // The same token would be refused again.
        if (statusCode === 401 && typeof this.#options.token === 'string') this.#end(refusal)
        // It emits `error` and `close`; after a mere end of the request neither would come.
        socket.terminate()
      })
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString(), wasOpen }))
    })
  }

  // The record is kept under the name that events carry as their sender.
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
    this.#silence = setTimeout(() => socket.terminate(), silenceMs)
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
    if (!frame) return this.#socket?.close(1002)
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
    // With a position of its own the client gets what follows it; without, or with a worthless one, it begins at the head.
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
      else if (room !== undefined) this.#socket?.close(1000)
      return
    }
    // The server closes the connection after `unavailable`: the message goes again after the next connect.
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

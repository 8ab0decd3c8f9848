import { openSocket, type Socket, type SocketHandlers } from '#socket'
import { Renewal } from './renewal.ts'
import { afterClose, afterStatus, Pauses, type Consequence } from './retry.ts'
import { sleep, unref } from './timers.ts'
import { SessionEndedError, type Address, type ConnectOptions } from './types.ts'

/** An event of `chat.v2` has no type. */
export type ServerFrame = { readonly type: string | undefined } & { readonly [field: string]: unknown }

/** What a link tells its client. */
export interface LinkHandlers {
  /** A token was given, before it is used. */
  readonly onToken: (token: string) => void
  /** `node` is the process that serves it, where it says so. */
  readonly onOpened: (node: string | undefined) => void
  readonly onFrame: (frame: ServerFrame) => void
  readonly onClosed: (code: number, reason: string) => void
  /** A connect failed and is tried again. */
  readonly onFailed: (reason: string) => void
  /** It connects again after this time. `wasOpen` tells whether it was connected before. */
  readonly onWaiting: (pauseMs: number, wasOpen: boolean) => void
  /** It does not connect again. Called once. */
  readonly onEnded: (reason: string) => void
}

/** How a connection, or the attempt to make one, ended. */
interface Ended {
  readonly code: number
  readonly reason: string
  readonly wasOpen: boolean
  readonly consequence: Consequence
}

const RETRY_MS = { first: 100, most: 5000 }
const HANDSHAKE_TIMEOUT_MS = 5000
/** A connection that was open for this time works, also if its client has joined no room. */
const STEADY_MS = 10_000
/** The server pings every 25 s, so a connection on which nothing arrives for this time is dead. */
const SILENCE_MS = 60_000
/** How long the server may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 2000

const CLOSE_NORMAL = 1000
const CLOSE_PROTOCOL_ERROR = 1002

/** One connection after the other, until it is closed or may not connect again. */
export class Link {
  readonly #url: Address
  readonly #options: ConnectOptions
  readonly #handlers: LinkHandlers
  readonly #pauses: Pauses
  readonly #end = new AbortController()
  #socket: Socket | undefined
  #closed: Promise<unknown> = Promise.resolve()
  #refused: string | undefined
  #lastFailure = 'not connected yet'

  constructor(url: Address, options: ConnectOptions, handlers: LinkHandlers) {
    this.#url = url
    this.#options = options
    this.#handlers = handlers
    this.#pauses = new Pauses(options.retryMs ?? RETRY_MS)
  }

  get isOpen(): boolean {
    return this.#socket?.isOpen ?? false
  }

  get isEnded(): boolean {
    return this.#end.signal.aborted
  }

  /** Why the last connect failed, or why the link ended. */
  get lastFailure(): string {
    return this.#lastFailure
  }

  get address(): string {
    return typeof this.#url === 'string' ? this.#url : this.#url()
  }

  /** Connects, again and again, until the link ends. */
  async run(): Promise<void> {
    while (!this.isEnded) {
      const { code, reason, wasOpen, consequence } = await this.#connect()
      if (wasOpen) this.#handlers.onClosed(code, reason)
      if (this.isEnded) return
      if (consequence !== 'new token') this.#refused = undefined
      // The same token would be refused again.
      const isOver = consequence === 'end' || (consequence === 'new token' && typeof this.#options.token === 'string')
      if (isOver) return this.#stop(wasOpen ? `closed with ${code}: ${reason}` : reason)
      if (!wasOpen) this.#handlers.onFailed(reason)
      if (consequence === 'longest pause') this.#pauses.useLongest()
      const pauseMs = this.#pauses.next()
      this.#handlers.onWaiting(pauseMs, wasOpen)
      await sleep(pauseMs, this.#end.signal)
    }
  }

  /** Sends a text frame if the connection is open. @returns whether it is */
  send(text: string): boolean {
    if (this.isOpen) this.#socket?.send(text)
    return this.isOpen
  }

  /** The connection works: the pause before the next one is the first one again. */
  settle(): void {
    this.#pauses.reset()
  }

  /** The server asks for a pause before the next connect. @param seconds ignored unless it is a whole number */
  retryAfter(seconds: unknown): void {
    this.#pauses.retryAfter(seconds)
  }

  async close(): Promise<void> {
    this.#stop('the client was closed')
    const socket = this.#socket
    if (!socket) return
    socket.close(CLOSE_NORMAL)
    const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS)
    await this.#closed
    clearTimeout(timer)
  }

  #stop(reason: string): void {
    if (this.isEnded) return
    this.#lastFailure = reason
    this.#end.abort()
    this.#handlers.onEnded(reason)
  }

  /** Makes one connection and waits until it is closed. */
  async #connect(): Promise<Ended> {
    try {
      const token = await this.#token()
      if (this.isEnded) return { code: 0, reason: 'the client was closed', wasOpen: false, consequence: 'end' }
      return await this.#open(token)
    } catch (error) {
      this.#lastFailure = (error as Error).message
      const isOver = (error as Error).cause instanceof SessionEndedError
      return { code: 0, reason: this.#lastFailure, wasOpen: false, consequence: isOver ? 'end' : 'again' }
    }
  }

  async #token(): Promise<string> {
    try {
      const { token } = this.#options
      const current = typeof token === 'string' ? token : await token(this.#refused)
      this.#handlers.onToken(current)
      return current
    } catch (error) {
      throw new Error(`no token: ${(error as Error).message}`, { cause: error })
    }
  }

  async #open(token: string): Promise<Ended> {
    const renewal = new Renewal(token, { next: () => this.#token(), send: (text) => this.send(text) })
    const { code, reason, failure, status, retryAfter, wasOpen, closedByUs } = await this.#follow(token, renewal)
    renewal.stop()
    this.#refused = renewal.token
    if (wasOpen) return { code, reason, wasOpen, consequence: closedByUs ? 'again' : afterClose(code) }
    this.#pauses.retryAfter(retryAfter)
    if (failure !== undefined) this.#lastFailure = failure
    return {
      code,
      reason: this.#lastFailure,
      wasOpen,
      consequence: status === undefined ? 'again' : afterStatus(status),
    }
  }

  /** Opens a connection, and handles what arrives on it until it is closed. */
  #follow(token: string, renewal: Renewal): Promise<Closed & { wasOpen: boolean; closedByUs: boolean }> {
    const { promise, resolve } = Promise.withResolvers<Closed & { wasOpen: boolean; closedByUs: boolean }>()
    let [wasOpen, closedByUs] = [false, false]
    let [steady, silence]: ReturnType<typeof setTimeout>[] = []
    const hear = (): void => {
      clearTimeout(silence)
      silence = unref(setTimeout(() => socket.terminate(), SILENCE_MS))
    }
    const { protocol, handshakeTimeoutMs: timeoutMs = HANDSHAKE_TIMEOUT_MS } = this.#options
    const protocols = protocol === 'chat.v2' ? ['chat.v2', 'chat.v1'] : ['chat.v1']
    const socket = openSocket(
      this.address,
      { token, protocols, timeoutMs },
      {
        onOpen: (node) => {
          wasOpen = true
          steady = unref(setTimeout(() => this.settle(), STEADY_MS))
          hear()
          this.#handlers.onOpened(node)
        },
        onPing: hear,
        onText: (text) => {
          hear()
          const frame = parse(text)
          if (frame?.type === 'renewed') renewal.accepted()
          if (frame) return this.#handlers.onFrame(frame)
          closedByUs = true
          socket.close(CLOSE_PROTOCOL_ERROR)
        },
        onClose: (closed) => {
          clearTimeout(steady)
          clearTimeout(silence)
          resolve({ ...closed, wasOpen, closedByUs })
        },
      },
    )
    this.#socket = socket
    this.#closed = promise
    return promise
  }
}

type Closed = Parameters<SocketHandlers['onClose']>[0]

function parse(text: string): ServerFrame | undefined {
  try {
    return JSON.parse(text) as ServerFrame
  } catch {
    return undefined
  }
}

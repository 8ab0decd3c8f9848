import { setTimeout as sleep } from 'node:timers/promises'
import { ChatClient } from '../../client/client.ts'
import { CLOSE_CODES } from '../connection/close-codes.ts'
import { Pace } from '../connection/pace.ts'
import { messageOf } from '../support/errors.ts'
import type { Account } from './accounts.ts'
import { ApiSession } from './api-session.ts'
import { History } from './history.ts'
import type { Received } from './ledger.ts'
import type { Served } from './served.ts'

/** Where a user chats. */
export interface Site {
  /** Base URL of the API. */
  readonly api: string
  readonly webSocket: string
}

export interface UserOptions {
  readonly account: Account
  readonly site: Site
  readonly room: string
  /** Begins its client ids. */
  readonly label: string
  readonly messagesPerSecond: number
  readonly requestsPerSecond: number
  /** Takes down which process serves it. */
  readonly served: Served
  /** Whether one more message may be sent. */
  readonly maySend: () => boolean
  /** @param order counts the messages of the connection; undefined for one by HTTP, which has no order to the others */
  readonly onSend: (clientId: string, order: number | undefined) => void
  readonly onAcknowledged: (clientId: string, seq: number) => void
  /** @param seq the number after which the user receives all events */
  readonly onJoined: (seq: number) => void
  readonly onReceived: (event: Received) => void
  readonly onRead: (event: Received) => void
}

const WINDOW = 16
/** Every so many messages one is sent by HTTP. */
const HTTP_EVERY = 50
const TICK_MS = 20
const RETRY_MS = { first: 100, most: 2000 }
const HANDSHAKE_TIMEOUT_MS = 1500
const REQUEST_RETRY_MS = 200
const JOIN_RETRY_MS = 500

/**
 * A user of the proof. It logs in and joins the room; then it sends as fast as it may with at most 16 unacknowledged
 * messages, and reads the history behind them. Whatever fails is tried again until `close`.
 */
export class User {
  readonly site: Site
  readonly #options: UserOptions
  readonly #pace: Pace
  readonly #requests: Pace
  readonly #session: ApiSession
  readonly #history: History
  readonly #client: ChatClient
  #sending: NodeJS.Timeout | undefined
  #sent = 0
  #unacknowledged = 0
  #isIn = false
  #closed = false
  #failure = 'not connected yet'

  constructor(options: UserOptions) {
    const { site, account, room, messagesPerSecond, requestsPerSecond, onRead } = options
    this.site = site
    this.#options = options
    this.#pace = new Pace({ perSecond: messagesPerSecond, burst: WINDOW })
    this.#requests = new Pace({ perSecond: requestsPerSecond, burst: 1 })
    this.#session = new ApiSession(site.api, account, room, (failure) => (this.#failure = failure))
    this.#history = new History(this.#session, this.#requests, onRead)
    this.#client = this.#connect()
    void this.#join()
  }

  /** Whether it has joined the room. */
  get isIn(): boolean {
    return this.#isIn
  }

  /** Whether the release at its site knows no users of a proof: it is older than they are. */
  get isUnknown(): boolean {
    return this.#session.isUnknown
  }

  /** What failed last. */
  get failure(): string {
    return this.#failure
  }

  get reconnects(): number {
    return this.#client.record.reconnects
  }

  /** When the last page that ended the history was asked for. */
  get caughtUpAt(): number {
    return this.#history.caughtUpAt
  }

  start(): void {
    this.#sending = setInterval(() => this.#sendSome(), TICK_MS)
    void this.#history.follow()
  }

  /** Sends nothing new. What has no acknowledgement is still sent again, and the history is read. */
  stop(): void {
    clearInterval(this.#sending)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.stop()
    this.#history.close()
    await this.#client.close()
  }

  #connect(): ChatClient {
    const client = new ChatClient(this.site.webSocket, {
      token: () => this.#session.authorize(),
      retryMs: RETRY_MS,
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
    })
    client.on('failed', (reason) => this.#note(reason, reason === 'HTTP 401'))
    client.on('connected', (node) => this.#options.served.open(node, performance.now()))
    client.on('disconnected', (code, reason) => {
      this.#options.served.close(performance.now())
      this.#note(`closed with ${code} ${reason}`, code === CLOSE_CODES.unauthorized)
    })
    client.on('ended', (reason) => this.#note(reason))
    client.on('event', (event) => {
      // The ledger counts; the client's own record would grow.
      client.record.delivered.length = 0
      this.#options.onReceived(event)
    })
    return client
  }

  async #join(): Promise<void> {
    while (!this.#closed && !this.#isIn) {
      try {
        const { seq } = await this.#client.join(this.#options.room)
        this.#options.onJoined(seq)
        this.#isIn = true
      } catch (error) {
        this.#note(messageOf(error))
        await sleep(JOIN_RETRY_MS)
      }
    }
  }

  #note(failure: string, isUnauthorized = false): void {
    this.#failure = failure
    if (isUnauthorized) this.#session.forgetToken()
  }

  #sendSome(): void {
    while (this.#unacknowledged < WINDOW && this.#options.maySend() && this.#pace.take() === 0) this.#send()
  }

  #send(): void {
    const number = this.#sent
    this.#sent += 1
    this.#unacknowledged += 1
    const clientId = `${this.#options.label}-${number}`
    const body = `message ${number} of ${this.#options.account.name}`
    const byHttp = number % HTTP_EVERY === HTTP_EVERY - 1 && this.#requests.take() === 0
    this.#options.onSend(clientId, byHttp ? undefined : number)
    void (byHttp ? this.#post(clientId, body) : this.#sendFrame(clientId, body))
  }

  async #sendFrame(clientId: string, body: string): Promise<void> {
    try {
      const { seq } = await this.#client.send(this.#options.room, body, clientId)
      this.#client.record.sent.length = 0
      this.#acknowledge(clientId, seq)
    } catch (error) {
      // It is not sent again, so that the other user waits for it without end.
      this.#note(messageOf(error))
    }
  }

  async #post(clientId: string, body: string): Promise<void> {
    while (!this.#closed) {
      const seq = await this.#session.post(clientId, body)
      if (seq !== undefined) return this.#acknowledge(clientId, seq)
      await sleep(REQUEST_RETRY_MS)
    }
  }

  #acknowledge(clientId: string, seq: number): void {
    this.#unacknowledged -= 1
    this.#options.onAcknowledged(clientId, seq)
  }
}

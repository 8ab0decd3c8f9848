import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { Feed } from '../feed/feed.ts'
import type { FeedServices } from '../feed/feed-services.ts'
import type { OperationServices } from '../operations/call.ts'
import { about, parseClientFrame, refusedFrame, type ClientFrame } from '../operations/frames.ts'
import { NotEnabled } from '../operations/not-enabled.ts'
import { fieldsOf, run } from '../operations/run.ts'
import type { Answered } from '../protocol/client-frames.ts'
import type { ServerFrame } from '../protocol/server-frames.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Session } from '../session/tokens.ts'
import { AppError, type ErrorBody } from '../support/errors.ts'
import { CLOSE_TIMEOUT_MS, MAX_MALFORMED_FRAMES } from '../support/limits.ts'
import { Admission } from './admission.ts'
import { Channel, type ChannelServices } from './channel.ts'
import { CLOSE_CODES } from './close-codes.ts'
import { startHeartbeat } from './heartbeat.ts'
import { Inbox } from './inbox.ts'
import { JoinedRooms, type JoinedRoomsServices } from './joined-rooms.ts'
import type { Users } from './users.ts'

export interface ConnectionServices extends JoinedRoomsServices, ChannelServices {
  readonly operations: OperationServices
  readonly sessions: Pick<Sessions, 'verify' | 'now'>
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number }
  readonly users: Users
  readonly feeds: FeedServices
  readonly onError: (error: unknown) => void
}

/** One client. Its frames are handled one after the other, so that its events in a room are stored in their order. */
export class Connection {
  #session: Session
  /** By `performance.now()`. */
  readonly openedAtMs = performance.now()
  readonly #webSocket: WebSocket
  readonly #services: ConnectionServices
  readonly #channel: Channel
  readonly #joined: JoinedRooms
  readonly #feed: Feed
  readonly #admission: Admission
  readonly #inbox: Inbox
  #closing = false
  #malformed = 0

  /** @param socket the TCP socket of `webSocket` */
  constructor(webSocket: WebSocket, socket: Duplex, session: Session, services: ConnectionServices) {
    this.#session = session
    this.#webSocket = webSocket
    this.#services = services
    this.#channel = new Channel(webSocket, socket, services)
    this.#joined = new JoinedRooms(this.#channel, services, (room) => this.#feed.unfollow(room))
    this.#feed = new Feed(session, this.#channel, services.feeds)
    this.#admission = new Admission(services.users, session.user)
    this.#inbox = new Inbox(webSocket, (text) => this.#answer(text))
    startHeartbeat(webSocket, {
      ...services.heartbeat,
      isExpired: () => services.sessions.now() >= this.#session.expiresAt,
      onExpired: () => void this.close(CLOSE_CODES.unauthorized, 'the token has expired'),
    })
    // ws emits an error for an oversize frame, which would end the process without a listener. ws closes the connection
    // itself.
    webSocket.on('error', () => undefined)
    webSocket.on('ping', (data) => this.#channel.pong(data))
    webSocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    webSocket.on('close', () => this.#onClose())
  }

  /** Of the last token. */
  get session(): Session {
    return this.#session
  }

  get isClosing(): boolean {
    return this.#closing
  }

  /**
   * Closes the connection. Frames that arrive from now on are ignored; messages that were handed to the database are
   * acknowledged first, within `waitMs`. The client sends a message without an acknowledgement again, with the same
   * client id.
   * @param waitMs @default 5000
   */
  async close(code: number, reason: string, waitMs: number = CLOSE_TIMEOUT_MS): Promise<void> {
    this.#closing = true
    this.#inbox.close()
    await this.#admission.close(waitMs)
    this.#channel.flush()
    this.#webSocket.close(code, reason)
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#webSocket.terminate()
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#closing) return
    if (isBinary) return void this.close(CLOSE_CODES.unsupportedData, 'frames are JSON text')
    this.#inbox.add((data as Buffer).toString())
  }

  async #answer(text: string): Promise<void> {
    await this.#admit()
    const frame = this.#closing ? undefined : this.#parse(text)
    if (frame) await this.#handle(frame)
  }

  /** Delays a frame while the user exceeds the rate or has too many unacknowledged messages, or the client does not read. */
  async #admit(): Promise<void> {
    await this.#admission.turn()
    if (this.#channel.isSlow) await this.#channel.drained()
  }

  #parse(text: string): ClientFrame | undefined {
    try {
      return parseClientFrame(text)
    } catch (error) {
      this.#refuse(error, refusedFrame(text))
      this.#malformed += 1
      if (this.#malformed >= MAX_MALFORMED_FRAMES)
        void this.close(CLOSE_CODES.tooManyErrors, 'too many malformed frames')
      return undefined
    }
  }

  async #handle(frame: ClientFrame): Promise<void> {
    const { operation } = frame
    if (operation.limit !== 'unacknowledged') return this.#run(frame)
    // The client's next event can share the batch of this one.
    this.#admission.begin()
    void this.#run(frame).finally(() => this.#admission.end())
  }

  async #run(frame: ClientFrame): Promise<void> {
    try {
      await this.#reply(frame)
    } catch (error) {
      this.#refuse(error, about(frame))
      // What follows from the client is likely for the same room and must not overtake this. After a reconnect the client
      // joins, and sends both again in order.
      if (isInOrder(frame) && isPassing(error)) void this.close(CLOSE_CODES.tryAgainLater, 'try again later')
    }
  }

  async #reply({ operation, input, requestId }: ClientFrame): Promise<void> {
    const services = this.#services.operations
    const renew = (token: string) => this.#renew(token)
    const { feeds } = this.#services
    const connection = { rooms: this.#joined, outlet: this.#channel, feed: this.#feed, feeds, renew }
    const answer = await run(operation, input, { session: this.session, services, connection, requestId })
    if (!answer || !operation.frame.answer) return
    const { type, fields = operation.output } = operation.frame.answer
    const answering = requestId === undefined ? {} : { requestId }
    this.#channel.send({ type, ...fieldsOf(fields, answer), ...answering } as ServerFrame)
  }

  /** Goes on with another token of the same session. */
  async #renew(token: string): Promise<Session> {
    const renewed = await this.#services.sessions.verify(token)
    const { user, sessionId } = this.#session
    if (sessionId === undefined || renewed.sessionId !== sessionId || renewed.user !== user)
      throw new AppError('forbidden', 'the token must be of the session that opened the connection', 'token')
    this.#session = renewed
    return renewed
  }

  #refuse(error: unknown, answered: Answered): void {
    const body: ErrorBody = error instanceof AppError ? error.body : this.#unexpected(error)
    this.#channel.send({ type: 'error', ...answered, ...body })
  }

  #unexpected(error: unknown): ErrorBody {
    this.#services.onError(error)
    return { code: 'unavailable', message: 'the service has a fault: try again later' }
  }

  #onClose(): void {
    this.#closing = true
    this.#inbox.close()
    this.#joined.leaveAll()
    this.#feed.close()
    this.#admission.leave()
  }
}

/** Whether what the client sends after the frame relies on it. */
function isInOrder({ operation }: ClientFrame): boolean {
  return operation.limit === 'unacknowledged' || operation.frame.type === 'join'
}

/** Whether the same request may succeed later, and its outcome is unknown until then. */
function isPassing(error: unknown): boolean {
  if (error instanceof NotEnabled) return false
  return !(error instanceof AppError) || error.code === 'unavailable'
}

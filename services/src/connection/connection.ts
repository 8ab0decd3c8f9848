import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { parseClientFrame, refusedFrame, type Answered, type ClientFrame } from '../protocol/client-frames.ts'
import { pageBefore, withinBytes } from '../room/pages.ts'
import type { Messages } from '../room/messages.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Session } from '../session/tokens.ts'
import type { RoomKey } from '../store/rooms.ts'
import { AppError, type ErrorBody } from '../support/errors.ts'
import { CLOSE_TIMEOUT_MS, MAX_HISTORY_BYTES, MAX_MALFORMED_FRAMES } from '../support/limits.ts'
import { Admission } from './admission.ts'
import type { Buffers } from './buffers.ts'
import { Channel } from './channel.ts'
import { CLOSE_CODES } from './close-codes.ts'
import { Feed } from './feed.ts'
import type { FeedServices } from './feed-services.ts'
import { handleFeedFrame } from './frames/index.ts'
import type { FrameWriter } from './frame-writer.ts'
import { startHeartbeat } from './heartbeat.ts'
import { Inbox } from './inbox.ts'
import { JoinedRooms, type JoinedRoomsServices } from './joined-rooms.ts'
import type { Users } from './users.ts'

export interface ConnectionServices extends JoinedRoomsServices {
  readonly sessions: Pick<Sessions, 'verify' | 'now'>
  readonly messages: Messages
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number }
  readonly users: Users
  readonly feeds: FeedServices
  readonly buffers: Buffers
  readonly writeFrame: FrameWriter
  readonly onError: (error: unknown) => void
}

/** One client. Its frames are handled one after the other, so that its messages to a room are stored in their order. */
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
    this.#joined = new JoinedRooms(this.#channel, services)
    this.#feed = new Feed(session.user, this.#channel, services.feeds)
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
    try {
      switch (frame.type) {
        case 'send':
          return this.#send(frame)
        case 'join':
          return await this.#join(frame)
        case 'history':
          return await this.#history(frame)
        case 'leave':
          return this.#leave(frame)
        case 'renew':
          return await this.#renew(frame)
        case 'ping':
          return this.#channel.send({ type: 'pong', ...answering(frame) })
        default:
          return await handleFeedFrame(this.#feedContext, frame)
      }
    } catch (error) {
      this.#refuse(error, about(frame))
      // The client's next frames are likely messages for this room. After a reconnect it joins and sends them again.
      if (frame.type === 'join' && isPassing(error)) void this.close(CLOSE_CODES.tryAgainLater, 'try again later')
    }
  }

  get #feedContext() {
    const { session } = this
    return {
      session,
      outlet: this.#channel,
      feed: this.#feed,
      services: this.#services.feeds,
      read: <T>(work: () => Promise<T>) => this.#joined.read(work),
    }
  }

  async #join(frame: Extract<ClientFrame, { type: 'join' }>): Promise<void> {
    await this.#joined.join(frame, this.session)
    const room = this.#joined.find(frame.room)
    if (room) this.#feed.join(room.key)
  }

  /** Queues the message and returns, so that the client's next message can share its batch. */
  #send(frame: Extract<ClientFrame, { type: 'send' }>): void {
    const { key } = this.#joined.room(frame.room)
    this.#admission.begin()
    void this.#store(key, frame)
  }

  async #store(room: RoomKey, frame: Extract<ClientFrame, { type: 'send' }>): Promise<void> {
    const { clientId, body, fault } = frame
    const { user: sender } = this.session
    try {
      const { epoch, seq } = await this.#services.messages.append(room, {
        kind: 'message',
        sender,
        clientId,
        body,
        fault,
      })
      this.#channel.send({ type: 'ack', room: room.slug, clientId, epoch, seq, ...answering(frame) })
    } catch (error) {
      this.#refuse(error, about(frame))
      // The client's next message to the room must not overtake this one. After a reconnect it sends both again, in
      // order.
      if (isPassing(error)) void this.close(CLOSE_CODES.tryAgainLater, 'the database cannot be reached')
    }
    this.#admission.end()
  }

  #leave(frame: Extract<ClientFrame, { type: 'leave' }>): void {
    this.#joined.leave(frame.room)
    this.#feed.unfollow(frame.room)
    this.#channel.send({ type: 'left', room: frame.room, ...answering(frame) })
  }

  async #history(frame: Extract<ClientFrame, { type: 'history' }>): Promise<void> {
    const { room: slug, before, limit } = frame
    const { rooms, events } = this.#services
    const follow = this.#feed.find(slug)
    const room = follow?.isJoined === false ? follow.room : this.#joined.room(slug)
    await this.#channel.drained()
    const end = before ?? (await rooms.head(room.key)).lastSeq + 1
    const reader = await this.#joined.reader(room.key, this.session)
    const page = await this.#joined.read(() => pageBefore(events, end, { room: room.key.id, limit, reader }))
    const fitting = withinBytes(page, this.#channel.atMost(MAX_HISTORY_BYTES))
    this.#channel.send({ type: 'history', room: slug, epoch: room.epoch, ...fitting, ...answering(frame) })
  }

  /** Goes on with another token of the same session. */
  async #renew(frame: Extract<ClientFrame, { type: 'renew' }>): Promise<void> {
    const renewed = await this.#services.sessions.verify(frame.token)
    const { user, sessionId } = this.#session
    if (sessionId === undefined || renewed.sessionId !== sessionId || renewed.user !== user)
      throw new AppError('forbidden', 'the token must be of the session that opened the connection', 'token')
    this.#session = renewed
    this.#channel.send({ type: 'renewed', expiresAt: new Date(renewed.expiresAt).toISOString(), ...answering(frame) })
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

function answering({ requestId }: ClientFrame): { requestId?: string } {
  return requestId === undefined ? {} : { requestId }
}

/** What an error frame names of the frame that it answers. */
function about(frame: ClientFrame): Answered {
  const request = { request: frame.type, ...answering(frame) }
  if (!('room' in frame)) return request
  return { ...request, room: frame.room, ...(frame.type === 'send' && { clientId: frame.clientId }) }
}

/** Whether the same request may succeed later. */
function isPassing(error: unknown): boolean {
  return !(error instanceof AppError) || error.code === 'unavailable'
}

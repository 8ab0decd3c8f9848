import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { parseClientFrame, refusedClientId, type ClientFrame } from '../protocol/client-frames.ts'
import type { StoredEvent } from '../protocol/events.ts'
import type { Messages } from '../room/messages.ts'
import type { Session } from '../session/tokens.ts'
import type { RoomKey } from '../store/rooms.ts'
import { AppError, messageOf, type ErrorBody } from '../support/errors.ts'
import { CLOSE_TIMEOUT_MS, MAX_HISTORY_BYTES, MAX_MALFORMED_FRAMES } from '../support/limits.ts'
import { Admission } from './admission.ts'
import type { Buffers } from './buffers.ts'
import { Channel } from './channel.ts'
import { CLOSE_CODES } from './close-codes.ts'
import type { FrameWriter } from './frame-writer.ts'
import { startHeartbeat } from './heartbeat.ts'
import { Inbox } from './inbox.ts'
import { JoinedRooms, type JoinedRoomsServices } from './joined-rooms.ts'
import type { Users } from './users.ts'

export interface ConnectionServices extends JoinedRoomsServices {
  readonly messages: Messages
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number }
  readonly users: Users
  readonly buffers: Buffers
  readonly writeFrame: FrameWriter
  readonly onError: (error: unknown) => void
}

/** One client. Its frames are handled one after the other, so that its messages to a room are stored in their order. */
export class Connection {
  readonly session: Session
  /** By `performance.now()`. */
  readonly openedAtMs = performance.now()
  readonly #webSocket: WebSocket
  readonly #services: ConnectionServices
  readonly #channel: Channel
  readonly #joined: JoinedRooms
  readonly #admission: Admission
  readonly #inbox: Inbox
  #closing = false
  #malformed = 0

  /** @param socket the TCP socket of `webSocket` */
  constructor(webSocket: WebSocket, socket: Duplex, session: Session, services: ConnectionServices) {
    this.session = session
    this.#webSocket = webSocket
    this.#services = services
    this.#channel = new Channel(webSocket, socket, services)
    this.#joined = new JoinedRooms(this.#channel, services)
    this.#admission = new Admission(services.users, session.user)
    this.#inbox = new Inbox(webSocket, (text) => this.#answer(text))
    startHeartbeat(webSocket, {
      ...services.heartbeat,
      expiresAt: session.expiresAt,
      onExpired: () => void this.close(CLOSE_CODES.unauthorized, 'the token has expired'),
    })
    // ws emits an error for an oversize frame, which would end the process without a listener. ws closes the connection
    // itself.
    webSocket.on('error', () => undefined)
    webSocket.on('ping', (data) => this.#channel.pong(data))
    webSocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    webSocket.on('close', () => this.#onClose())
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
      this.#refuse(error, { clientId: refusedClientId(text) })
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
          return await this.#joined.join(frame.room, this.session.user, frame.after)
        case 'history':
          return await this.#history(frame)
        case 'leave':
          return this.#leave(frame.room)
        case 'ping':
          return this.#channel.send({ type: 'pong' })
      }
    } catch (error) {
      this.#refuse(error, about(frame))
      // The client's next frames are likely messages for this room. After a reconnect it joins and sends them again.
      if (frame.type === 'join' && isPassing(error)) void this.close(CLOSE_CODES.tryAgainLater, 'try again later')
    }
  }

  /** Queues the message and returns, so that the client's next message can share its batch. */
  #send({ room, clientId, body }: Extract<ClientFrame, { type: 'send' }>): void {
    const { key } = this.#joined.room(room)
    this.#admission.begin()
    void this.#store(key, { clientId, body })
  }

  async #store(room: RoomKey, { clientId, body }: { clientId: string; body: string }): Promise<void> {
    try {
      const { epoch, seq } = await this.#services.messages.send(room, { sender: this.session.user, clientId, body })
      this.#channel.send({ type: 'ack', room: room.slug, clientId, epoch, seq })
    } catch (error) {
      this.#refuse(error, { room: room.slug, clientId })
      // The client's next message to the room must not overtake this one. After a reconnect it sends both again, in
      // order.
      if (isPassing(error)) void this.close(CLOSE_CODES.tryAgainLater, 'the database cannot be reached')
    }
    this.#admission.end()
  }

  #leave(slug: string): void {
    this.#joined.leave(slug)
    this.#channel.send({ type: 'left', room: slug })
  }

  async #history({ room: slug, before, limit }: Extract<ClientFrame, { type: 'history' }>): Promise<void> {
    const { rooms, events } = this.#services
    const room = this.#joined.room(slug)
    await this.#channel.drained()
    const end = before ?? (await rooms.head(room.key)).lastSeq + 1
    const page = await this.#joined.read(() => events.before(room.key.id, end, limit))
    this.#channel.send({
      type: 'history',
      room: slug,
      epoch: room.epoch,
      events: newestWithin(page, this.#channel.atMost(MAX_HISTORY_BYTES)),
    })
  }

  #refuse(error: unknown, { room, clientId }: { room?: string; clientId?: string | undefined }): void {
    const body: ErrorBody = error instanceof AppError ? error.body : this.#unexpected(error)
    this.#channel.send({
      type: 'error',
      ...(room !== undefined && { room }),
      ...(clientId !== undefined && { clientId }),
      ...body,
    })
  }

  #unexpected(error: unknown): ErrorBody {
    this.#services.onError(error)
    return { code: 'unavailable', message: `try again later (${messageOf(error)})` }
  }

  #onClose(): void {
    this.#closing = true
    this.#inbox.close()
    this.#joined.leaveAll()
    this.#admission.leave()
  }
}

/** What an error frame names of the frame that it answers. */
function about(frame: ClientFrame): { room?: string; clientId?: string } {
  if (frame.type === 'ping') return {}
  return { room: frame.room, ...(frame.type === 'send' && { clientId: frame.clientId }) }
}

/** The newest events of a page that fit together, at least one. The client asks for older ones with `before`. */
function newestWithin(events: readonly StoredEvent[], maxBytes: number): readonly StoredEvent[] {
  let bytes = 0
  const last = events.findLastIndex((event) => (bytes += Buffer.byteLength(event.body)) > maxBytes)
  return events.slice(Math.min(last + 1, events.length - 1))
}

/** Whether the same request may succeed later. */
function isPassing(error: unknown): boolean {
  return !(error instanceof AppError) || error.code === 'unavailable'
}

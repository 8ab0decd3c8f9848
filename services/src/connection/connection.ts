import type { RawData, WebSocket } from 'ws'
import { AppError, messageOf, type ErrorBody } from '../support/errors.ts'
import { parseClientFrame, refusedClientId, type ClientFrame, type Cursor } from '../protocol/client-frames.ts'
import type { Hub } from '../room/hub.ts'
import type { Messages } from '../room/messages.ts'
import type { Session } from '../session/tokens.ts'
import type { Semaphore } from '../support/semaphore.ts'
import type { StoredEvent } from '../protocol/events.ts'
import type { Events } from '../store/events.ts'
import type { RoomKey, Rooms } from '../store/rooms.ts'
import { Channel } from './channel.ts'
import { closeCodes } from './close-codes.ts'
import { Inbox } from './inbox.ts'
import { Outstanding } from './outstanding.ts'
import { Pace } from './pace.ts'
import { Subscription } from './subscription.ts'

export interface ConnectionServices {
  readonly hub: Hub
  readonly rooms: Rooms
  readonly events: Events
  readonly messages: Messages
  /** How many replays and histories are read at a time. */
  readonly reads: Semaphore
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number }
  readonly pace: { readonly perSecond: number; readonly burst: number }
  readonly onError: (error: unknown) => void
}

/** Messages of one connection that wait for their commit. */
const maxUnacknowledged = 512
const maxRooms = 256
const maxHistoryBytes = 512 * 1024
const maxFaults = 20

/** One client: reads its frames one after the other, so that what it sends into a room is stored in that order. */
export class Connection {
  readonly session: Session
  readonly #socket: WebSocket
  readonly #services: ConnectionServices
  readonly #channel: Channel
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #pace: Pace
  readonly #heartbeat: NodeJS.Timeout
  readonly #inbox: Inbox
  readonly #unacknowledged = new Outstanding()
  #closing = false
  #faults = 0
  #aliveAt = Date.now()

  constructor(socket: WebSocket, session: Session, services: ConnectionServices) {
    this.session = session
    this.#socket = socket
    this.#services = services
    this.#channel = new Channel(socket)
    this.#pace = new Pace(services.pace)
    this.#inbox = new Inbox(socket, (text) => this.#answer(text))
    this.#heartbeat = setInterval(() => this.#beat(), services.heartbeat.intervalMs)
    // Without a listener one oversize frame would end the process; ws closes the connection itself.
    socket.on('error', () => undefined)
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    socket.on('pong', () => this.#alive())
    socket.on('ping', () => this.#alive())
    socket.on('close', () => this.#onClose())
  }

  /**
   * Ends the connection in peace: frames that arrive from now on are not looked at, those that were sent to the database are
   * acknowledged first. A message without an acknowledgement is sent again by its client, with the same client id.
   */
  async close(code: number, reason: string, waitMs = 5000): Promise<void> {
    this.#closing = true
    this.#inbox.close()
    const deadline = Date.now() + waitMs
    while (this.#unacknowledged.count > 0 && this.#channel.isOpen && Date.now() < deadline) {
      await this.#unacknowledged.less(deadline - Date.now())
    }
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#alive()
    if (this.#closing) return
    if (isBinary) return void this.close(closeCodes.unsupportedData, 'frames are JSON text')
    this.#inbox.add((data as Buffer).toString())
  }

  /** Answers one frame; the next one waits for it. */
  async #answer(text: string): Promise<void> {
    await this.#admit()
    const frame = this.#closing ? undefined : this.#parse(text)
    if (frame) await this.#handle(frame)
  }

  /** Holds a frame back while too many messages wait, too many answers are not read, or this client sends too fast. */
  async #admit(): Promise<void> {
    for (let waitMs = this.#pace.take(); waitMs > 0 && !this.#closing; waitMs = this.#pace.take()) await pause(waitMs)
    while (this.#unacknowledged.count >= maxUnacknowledged && !this.#closing) await this.#unacknowledged.less(1000)
    if (this.#channel.isSlow) await this.#channel.drained()
  }

  #parse(text: string): ClientFrame | undefined {
    try {
      return parseClientFrame(text)
    } catch (error) {
      this.#refuse(error, { clientId: refusedClientId(text) })
      this.#faults += 1
      if (this.#faults >= maxFaults) void this.close(closeCodes.tooManyErrors, 'too many malformed frames')
      return undefined
    }
  }

  async #handle(frame: ClientFrame): Promise<void> {
    try {
      if (frame.type === 'send') this.#send(frame)
      else if (frame.type === 'leave') this.#leave(frame.room)
      else if (frame.type === 'ping') this.#channel.send({ type: 'pong' })
      else if (frame.type === 'history') await this.#history(frame)
      else await this.#join(frame.room, frame.after)
    } catch (error) {
      this.#refuse(error, frame.type === 'ping' ? {} : { room: frame.room })
      // Messages for a room that could not be entered follow at once: they come again with the next connection.
      if (frame.type === 'join' && isPassing(error)) void this.close(closeCodes.tryAgainLater, 'try again later')
    }
  }

  /** Hands the message to the store and returns at once: the next one follows into the same batch. */
  #send({ room, clientId, body }: Extract<ClientFrame, { type: 'send' }>): void {
    const subscription = this.#subscriptions.get(room)
    if (!subscription) {
      this.#refuse(new AppError('forbidden', `join the room "${room}" first`, 'room'), { room, clientId })
      return
    }
    this.#unacknowledged.begin()
    void this.#store(subscription.room.key, { clientId, body })
  }

  async #store(room: RoomKey, { clientId, body }: { clientId: string; body: string }): Promise<void> {
    try {
      const { epoch, seq } = await this.#services.messages.send(room, { sender: this.session.user, clientId, body })
      this.#channel.send({ type: 'ack', room: room.slug, clientId, epoch, seq })
    } catch (error) {
      this.#refuse(error, { room: room.slug, clientId })
      // What follows in the same room must not overtake it: the client comes back and sends both again, in order.
      if (isPassing(error)) void this.close(closeCodes.tryAgainLater, 'the database cannot be reached')
    }
    this.#unacknowledged.end()
  }

  async #join(slug: string, after: Cursor | undefined): Promise<void> {
    const { rooms, hub, events, reads } = this.#services
    if (this.#subscriptions.size >= maxRooms && !this.#subscriptions.has(slug)) {
      throw new AppError('bad_request', `at most ${maxRooms} rooms on one connection: leave one first`, 'room')
    }
    const key = await rooms.key(slug)
    await rooms.enrol(key, this.session.user)
    const room = await hub.enter(key)
    this.#subscriptions.get(slug)?.stop()
    const subscription: Subscription = new Subscription({
      room,
      outlet: this.#channel,
      events,
      limit: (work) => reads.run(work),
      lastSeq: async () => (await rooms.heads([key.id]))[0]?.lastSeq ?? 0,
      onStopped: () => {
        hub.leave(room)
        // Sends into the room go on while the client catches up; only a newer join replaces the entry.
        if (!this.#channel.isOpen) this.#subscriptions.delete(slug)
      },
    })
    this.#subscriptions.set(slug, subscription)
    if (!this.#channel.isOpen) return subscription.stop()
    await subscription.start(after)
  }

  #leave(slug: string): void {
    this.#subscriptions.get(slug)?.stop()
    this.#subscriptions.delete(slug)
    this.#channel.send({ type: 'left', room: slug })
  }

  async #history({ room: slug, before, limit }: Extract<ClientFrame, { type: 'history' }>): Promise<void> {
    const { rooms, events, reads } = this.#services
    const room = this.#subscriptions.get(slug)?.room
    if (!room) throw new AppError('forbidden', `join the room "${slug}" first`, 'room')
    await this.#channel.drained()
    const [head] = before === undefined ? await rooms.heads([room.key.id]) : []
    const page = await reads.run(() => events.before(room.key.id, before ?? (head?.lastSeq ?? 0) + 1, limit))
    this.#channel.send({ type: 'history', room: slug, epoch: room.epoch, events: newestWithin(page, maxHistoryBytes) })
  }

  #refuse(error: unknown, about: { room?: string; clientId?: string | undefined }): void {
    const { clientId, ...rest } = about
    const body: ErrorBody = error instanceof AppError ? error.body : this.#unexpected(error)
    this.#channel.send({ type: 'error', ...rest, ...(clientId !== undefined && { clientId }), ...body })
  }

  #unexpected(error: unknown): ErrorBody {
    this.#services.onError(error)
    return { code: 'unavailable', message: `try again later (${messageOf(error)})` }
  }

  #alive(): void {
    this.#aliveAt = Date.now()
  }

  #beat(): void {
    const now = Date.now()
    if (now >= this.session.expiresAt) return void this.close(closeCodes.unauthorized, 'the token has expired')
    if (now - this.#aliveAt > this.#services.heartbeat.timeoutMs) return this.terminate()
    if (this.#channel.isOpen) this.#socket.ping()
  }

  #onClose(): void {
    this.#closing = true
    clearInterval(this.#heartbeat)
    for (const subscription of this.#subscriptions.values()) subscription.stop()
    this.#subscriptions.clear()
    this.#unacknowledged.wake()
  }
}

/** The newest of a page that fit together; a client asks for those before with `before`. */
function newestWithin(events: readonly StoredEvent[], maxBytes: number): readonly StoredEvent[] {
  let bytes = 0
  const last = events.findLastIndex((event) => (bytes += Buffer.byteLength(event.body)) > maxBytes)
  return events.slice(Math.min(last + 1, events.length - 1))
}

function isPassing(error: unknown): boolean {
  return !(error instanceof AppError) || error.code === 'unavailable'
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

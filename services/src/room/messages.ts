import type { Bus } from '../fanout/bus.ts'
import { eventFrame } from '../protocol/server-frames.ts'
import type { Position } from '../store/new-event.ts'
import type { Events } from '../store/events.ts'
import type { RoomKey } from '../store/rooms.ts'
import type { Writer } from '../store/writer.ts'
import type { AppError } from '../support/errors.ts'
import type { Hub } from './hub.ts'

export interface Message {
  readonly sender: string
  readonly clientId: string
  readonly body: string
  /** Why the body is refused, unless it was stored already. */
  readonly fault?: AppError | undefined
}

/** Stores a message, then delivers it to the clients of this process and publishes it for the other pods. */
export class Messages {
  readonly #writer: Writer
  readonly #events: Events
  readonly #bus: Bus
  readonly #hub: Hub | undefined
  readonly #onStored: (seconds: number) => void

  /** @param options.onStored called with the seconds until the message was committed */
  constructor(options: { writer: Writer; events: Events; bus: Bus; hub?: Hub; onStored?: (seconds: number) => void }) {
    this.#writer = options.writer
    this.#events = options.events
    this.#bus = options.bus
    this.#hub = options.hub
    this.#onStored = options.onStored ?? (() => undefined)
  }

  /**
   * Resolves once the message is committed, whether or not it could be published. A message that had been stored before
   * is not published again: if its first publish was lost, the catch-up delivers it.
   * @throws AppError as `Writer.append` does, or the fault of a message that was not stored before
   */
  async send(room: RoomKey, message: Message): Promise<Position> {
    if (message.fault) return this.#storedBefore(room, message, message.fault)
    const { sender, clientId, body } = message
    const kind = 'message'
    const receivedAt = performance.now()
    const position = await this.#writer.append({ room: room.id, kind, sender, clientId, body })
    this.#onStored((performance.now() - receivedAt) / 1000)
    if (position.repeated) return position
    const { epoch, seq, at } = position
    const frame = eventFrame(room.slug, epoch, { seq, kind, sender, clientId, body, at })
    this.#bus.publish(room.channel, { epoch, seq, frame })
    this.#hub?.receive(room, epoch, seq, frame)
    return position
  }

  /** A release with other rules may have stored the message, and its acknowledgement may have been lost. */
  async #storedBefore(room: RoomKey, { sender, clientId, body }: Message, fault: AppError): Promise<Position> {
    const stored = await this.#events.withClientId(room.id, sender, clientId)
    if (stored?.event.kind !== 'message' || stored.event.body !== body) throw fault
    return { epoch: stored.epoch, seq: stored.event.seq, at: stored.event.at, repeated: true }
  }
}

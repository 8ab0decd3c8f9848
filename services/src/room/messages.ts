import type { Bus } from '../fanout/bus.ts'
import { headerOf, type StoredEvent } from '../protocol/events.ts'
import { eventFrame } from '../protocol/server-frames.ts'
import type { NewEvent, Position } from '../store/new-event.ts'
import type { RoomKey } from '../store/rooms.ts'
import type { Writer } from '../store/writer.ts'
import type { AppError } from '../support/errors.ts'
import type { Hub } from './hub.ts'

/** What somebody adds to a room. */
export interface NewAction extends Omit<NewEvent, 'room'> {
  /** Why it is refused, unless it was stored already. */
  readonly fault?: AppError | undefined
}

/** Stores events, then delivers them to the clients of this process and publishes them for the other pods. */
export class Messages {
  readonly #writer: Writer
  readonly #bus: Bus
  readonly #hub: Hub | undefined
  readonly #onStored: (seconds: number) => void

  /** @param options.onStored called with the seconds until an event was committed */
  constructor(options: { writer: Writer; bus: Bus; hub?: Hub; onStored?: (seconds: number) => void }) {
    this.#writer = options.writer
    this.#bus = options.bus
    this.#hub = options.hub
    this.#onStored = options.onStored ?? (() => undefined)
  }

  /**
   * Resolves once the event is committed, whether or not it could be published. One that had been stored before is not
   * published again: if its first publish was lost, the catch-up delivers it.
   * @throws AppError as `Writer.append` does, or the fault of an event that was not stored before
   */
  async append(room: RoomKey, { fault, ...action }: NewAction): Promise<Position> {
    if (fault) return this.#storedBefore(room, action, fault)
    const receivedAt = performance.now()
    const position = await this.#writer.append({ room: room.id, ...action })
    this.#onStored((performance.now() - receivedAt) / 1000)
    if (!position.repeated) this.#deliver(room, toEvent(action, position), position.epoch)
    return position
  }

  #deliver(room: RoomKey, event: StoredEvent, epoch: number): void {
    const frame = eventFrame(room.slug, epoch, event)
    const header = headerOf(event)
    this.#bus.publish(room.channel, { epoch, seq: event.seq, frame, header })
    this.#hub?.receive(room, epoch, event.seq, frame, header)
  }

  /** Other rules may have held when it was stored, and its acknowledgement may have been lost. */
  async #storedBefore(room: RoomKey, action: Omit<NewAction, 'fault'>, fault: AppError): Promise<Position> {
    const position = await this.#writer.repeat({ room: room.id, ...action })
    if (!position) throw fault
    return position
  }
}

/** The event as it is read from the database. */
function toEvent(action: Omit<NewAction, 'fault'>, { seq, at, audience, messageNo }: Position): StoredEvent {
  const { kind, sender, clientId, body, data, target, senderLabel } = action
  return {
    seq,
    kind,
    sender,
    clientId,
    body,
    at,
    ...(data !== undefined && { data }),
    ...(target !== undefined && { target }),
    ...(audience !== undefined && audience !== 'all' && { audience }),
    ...(messageNo !== undefined && { messageNo }),
    ...(senderLabel !== undefined && { senderLabel }),
  }
}

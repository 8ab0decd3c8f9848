import type { EventHeader } from '../protocol/events.ts'
import { shortEvent } from '../protocol/server-frames.ts'
import { payloadOf, textFrame } from '../protocol/text-frame.ts'

/** The frames of one event, and what decides who may receive it. Each is built once, whoever receives it. */
export class RoomFrame {
  readonly seq: number
  readonly header: EventHeader | undefined
  /** As clients of `chat.v1` get it: a whole WebSocket frame with all fields of the event. */
  readonly long: Buffer
  readonly #room: number
  #short: Buffer | undefined

  /** @param event its number, its JSON, and a header unless it is a message to everyone. @param room the number of the room in this process */
  constructor(
    { seq, payload, header }: { seq: number; payload: Buffer; header: EventHeader | undefined },
    room: number,
  ) {
    this.seq = seq
    this.header = header
    this.long = textFrame(payload)
    this.#room = room
  }

  /** As clients of `chat.v2` get it. */
  get short(): Buffer {
    return (this.#short ??= textFrame(shortEvent(this.#room, this.payload)))
  }

  /** The event as JSON. */
  get payload(): Buffer {
    return payloadOf(this.long)
  }

  /** The memory of its frames: a short one is not longer than the long one. */
  get bytes(): number {
    return 2 * this.long.length
  }
}

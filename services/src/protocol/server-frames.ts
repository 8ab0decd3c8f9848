import type { ErrorBody } from '../support/errors.ts'
import type { Answered } from './client-frames.ts'
import type { StoredEvent } from './events.ts'
import type { FeedFrameOut } from './feed-answers.ts'

export interface EventFrame extends StoredEvent {
  readonly type: 'event'
  readonly room: string
  readonly epoch: number
}

/** Beside what an answer says: the `requestId` of the frame that it answers. */
interface Answer {
  readonly requestId?: string
}

export interface JoinedFrame extends Answer {
  readonly type: 'joined'
  readonly room: string
  readonly epoch: number
  /** The room's head. Events after the client's position and up to this one are replayed; those after it are live. */
  readonly seq: number
  /** The first event that still exists after the client's position; those before it were purged. */
  readonly truncatedAt?: number
  /** The client's position is invalid (another epoch, or beyond the head): it starts at `seq`. */
  readonly reset?: true
}

export type ServerFrame =
  | EventFrame
  | JoinedFrame
  | ({
      readonly type: 'ack'
      readonly room: string
      readonly clientId: string
      readonly epoch: number
      readonly seq: number
    } & Answer)
  | ({ readonly type: 'left'; readonly room: string } & Answer)
  | ({
      readonly type: 'history'
      readonly room: string
      readonly epoch: number
      readonly events: readonly StoredEvent[]
      /** Whether the room has events before the first of these. */
      readonly hasMore: boolean
    } & Answer)
  | { readonly type: 'resume_needed'; readonly room: string }
  | FeedFrameOut
  | ({ readonly type: 'pong' } & Answer)
  | ({ readonly type: 'error' } & Answered & ErrorBody)

/** The frame of an event. The bytes are the same whether it is built from a send or from the database. */
export function eventFrame(room: string, epoch: number, event: StoredEvent): Buffer {
  const { seq, kind, sender, clientId, body, at } = event
  const frame: EventFrame = { type: 'event', room, epoch, seq, kind, sender, clientId, body, at }
  return Buffer.from(JSON.stringify(frame))
}

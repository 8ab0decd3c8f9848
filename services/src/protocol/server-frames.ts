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
  /** The room in the events of `chat.v2`, until the connection joins it again. */
  readonly r?: number
  readonly epoch: number
  /** The room's head. Events after the client's position and up to this one are replayed; those after it are live. */
  readonly seq: number
  /** The first event that still exists after the client's position; those before it were purged. */
  readonly truncatedAt?: number
  /** The client's position is invalid (another epoch, or beyond the head): it starts at `seq`. */
  readonly reset?: true
}

/** The events `from` to `seq` exist, and this user may not read them. */
export interface SkippedFrame {
  readonly type: 'skipped'
  readonly room: string
  readonly epoch: number
  readonly from: number
  readonly seq: number
}

/** The user is no longer a member, since the event `seq`, and hears nothing more of the room. */
export interface RemovedFrame {
  readonly type: 'removed'
  readonly room: string
  readonly epoch: number
  readonly seq: number
}

export type ServerFrame =
  | EventFrame
  | SkippedFrame
  | RemovedFrame
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
  /** `expiresAt` in ISO 8601. */
  | ({ readonly type: 'renewed'; readonly expiresAt: string } & Answer)
  | FeedFrameOut
  | ({ readonly type: 'pong' } & Answer)
  | ({ readonly type: 'error' } & Answered & ErrorBody)

/**
 * The frame of an event. As long as nothing has changed a message, its bytes are the same whether the frame is built from
 * a send or from the database.
 */
export function eventFrame(room: string, epoch: number, event: StoredEvent): Buffer {
  const { seq, kind, sender, clientId, body, at, data, target, audience, messageNo } = event
  const { changedSeq, editedAt, recalledAt, expiredAt, pinnedAt, reactions, senderLabel } = event
  // Fields that are undefined are absent in JSON.
  const frame: Record<keyof EventFrame, unknown> = {
    type: 'event',
    room,
    epoch,
    seq,
    kind,
    sender,
    clientId,
    body,
    at,
    data,
    target,
    audience: audience === 'all' ? undefined : audience,
    messageNo,
    changedSeq: changedSeq === seq ? undefined : changedSeq,
    editedAt,
    recalledAt,
    expiredAt,
    pinnedAt,
    reactions,
    senderLabel,
  }
  return Buffer.from(JSON.stringify(frame))
}

/**
 * The event as clients of `chat.v2` get it: with the number of its room, and without what they know already. An event
 * that cannot be read stays as it is, and such clients read it, too.
 */
export function shortEvent(room: number, frame: Buffer): Buffer {
  try {
    const {
      type: _type,
      room: _room,
      epoch: _epoch,
      clientId: _clientId,
      kind,
      ...fields
    } = JSON.parse(frame.toString()) as EventFrame
    return Buffer.from(JSON.stringify({ r: room, ...(kind !== 'message' && { kind }), ...fields }))
  } catch {
    return frame
  }
}

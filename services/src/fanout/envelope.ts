import type { EventHeader } from '../protocol/events.ts'
import { MAX_EVENT_FRAME_BYTES } from '../support/limits.ts'

/**
 * A message that is published in Redis: `[1 | epoch | seq | frame]`, and for an event with a header
 * `[2 | flags | epoch | seq | target | audience | frame]`, which a release without version 2 does not read: it finds the
 * event in the database. The frame goes to clients unchanged.
 */
export interface Envelope {
  readonly epoch: number
  readonly seq: number
  readonly frame: Buffer
  /** Absent for a message to everyone. */
  readonly header?: EventHeader | undefined
}

const PLAIN = 1
const PLAIN_BYTES = 11
const WITH_HEADER = 2
const HEADER_BYTES = 24

const EMPTIES = 1
const OF_MEMBER = 2
const FOR_STAFF = 4
/** The field `audience` has the number of the account that is the audience. */
const FOR_USER = 8
const KNOWN_FLAGS = EMPTIES | OF_MEMBER | FOR_STAFF | FOR_USER

const USER_PREFIX = 'user:'

export function encodeEnvelope({ epoch, seq, frame, header }: Envelope): Buffer {
  if (header) return encodeWithHeader({ epoch, seq, frame, header })
  const head = Buffer.allocUnsafe(PLAIN_BYTES)
  head.writeUInt8(PLAIN, 0)
  head.writeUInt32BE(epoch, 1)
  head.writeUIntBE(seq, 5, 6)
  return Buffer.concat([head, frame])
}

function encodeWithHeader({ epoch, seq, frame, header }: Envelope & { header: EventHeader }): Buffer {
  const { audience = 'all', target = 0, empties = false, isOfMember = false } = header
  // An audience that cannot be written is user 0, who is nobody.
  const user = audience === 'all' || audience === 'staff' ? undefined : Number(audience.slice(USER_PREFIX.length)) || 0
  const head = Buffer.allocUnsafe(HEADER_BYTES)
  head.writeUInt8(WITH_HEADER, 0)
  head.writeUInt8(
    (empties ? EMPTIES : 0) |
      (isOfMember ? OF_MEMBER : 0) |
      (audience === 'staff' ? FOR_STAFF : 0) |
      (user === undefined ? 0 : FOR_USER),
    1,
  )
  head.writeUInt32BE(epoch, 2)
  head.writeUIntBE(seq, 6, 6)
  head.writeUIntBE(target, 12, 6)
  head.writeUIntBE(user ?? 0, 18, 6)
  return Buffer.concat([head, frame])
}

/** Undefined for a message of another program or another version. Its event is read from the database then. */
export function decodeEnvelope(message: Buffer): Envelope | undefined {
  if (message[0] === WITH_HEADER) return decodeWithHeader(message)
  if (message[0] !== PLAIN || !isSized(message, PLAIN_BYTES)) return undefined
  return {
    epoch: message.readUInt32BE(1),
    seq: message.readUIntBE(5, 6),
    frame: message.subarray(PLAIN_BYTES),
  }
}

function decodeWithHeader(message: Buffer): Envelope | undefined {
  if (!isSized(message, HEADER_BYTES)) return undefined
  const flags = message.readUInt8(1)
  // A flag of a later release may say who must not read the event.
  if ((flags & ~KNOWN_FLAGS) !== 0) return undefined
  const target = message.readUIntBE(12, 6)
  const user = message.readUIntBE(18, 6)
  return {
    epoch: message.readUInt32BE(2),
    seq: message.readUIntBE(6, 6),
    frame: message.subarray(HEADER_BYTES),
    header: {
      ...((flags & FOR_STAFF) > 0 && { audience: 'staff' as const }),
      ...((flags & FOR_USER) > 0 && { audience: `${USER_PREFIX}${user}` as const }),
      ...(target > 0 && { target }),
      ...((flags & EMPTIES) > 0 && { empties: true as const }),
      ...((flags & OF_MEMBER) > 0 && { isOfMember: true as const }),
    },
  }
}

function isSized({ length }: Buffer, headBytes: number): boolean {
  return length > headBytes && length <= headBytes + MAX_EVENT_FRAME_BYTES
}

import { MAX_EVENT_FRAME_BYTES } from '../support/limits.ts'

/** A message that is published in Redis: `[version | epoch | seq | frame]`. The frame goes to clients unchanged. */
export interface Envelope {
  readonly epoch: number
  readonly seq: number
  readonly frame: Buffer
}

const VERSION = 1
const HEADER_BYTES = 11
const MAX_ENVELOPE_BYTES = HEADER_BYTES + MAX_EVENT_FRAME_BYTES

export function encodeEnvelope({ epoch, seq, frame }: Envelope): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES)
  header.writeUInt8(VERSION, 0)
  header.writeUInt32BE(epoch, 1)
  header.writeUIntBE(seq, 5, 6)
  return Buffer.concat([header, frame])
}

/** Undefined for a message of another program or another version. Its event is read from the database then. */
export function decodeEnvelope(message: Buffer): Envelope | undefined {
  if (message.length <= HEADER_BYTES || message.length > MAX_ENVELOPE_BYTES || message[0] !== VERSION) return undefined
  return {
    epoch: message.readUInt32BE(1),
    seq: message.readUIntBE(5, 6),
    frame: message.subarray(HEADER_BYTES),
  }
}

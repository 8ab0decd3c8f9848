/** What travels through Redis: `[version | epoch | seq | frame]`. The frame is relayed to clients as it is, unparsed. */
export interface Envelope {
  readonly epoch: number
  readonly seq: number
  readonly frame: Buffer
}

const version = 1
const headerBytes = 11
/** A body of 16 KiB, escaped as JSON at worst, and its few short fields. */
const maxEnvelopeBytes = 128 * 1024

export function encodeEnvelope({ epoch, seq, frame }: Envelope): Buffer {
  const header = Buffer.allocUnsafe(headerBytes)
  header.writeUInt8(version, 0)
  header.writeUInt32BE(epoch, 1)
  header.writeUIntBE(seq, 5, 6)
  return Buffer.concat([header, frame])
}

/** Undefined for what is not ours, or of a version that this release does not know: the database has it too. */
export function decodeEnvelope(message: Buffer): Envelope | undefined {
  if (message.length <= headerBytes || message.length > maxEnvelopeBytes || message[0] !== version) return undefined
  return {
    epoch: message.readUInt32BE(1),
    seq: message.readUIntBE(5, 6),
    frame: message.subarray(headerBytes),
  }
}

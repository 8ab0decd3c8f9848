/** FIN and opcode 1 (RFC 6455, 5.2). */
const FIN_TEXT = 0x81
/** Values of the length field that announce a length of 2 or of 8 bytes. */
const LENGTH_16 = 126
const LENGTH_64 = 127

/** A whole unmasked, unfragmented text frame (RFC 6455, 5.2), built once for all its receivers. */
export function textFrame(payload: Buffer): Buffer {
  const { length } = payload
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headerBytes + length)
  frame[0] = FIN_TEXT
  if (headerBytes === 2) {
    frame[1] = length
  } else if (headerBytes === 4) {
    frame[1] = LENGTH_16
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = LENGTH_64
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  payload.copy(frame, headerBytes)
  return frame
}

/** The payload of a frame that `textFrame` built, without copying it. */
export function payloadOf(frame: Buffer): Buffer {
  const length = frame[1]
  return frame.subarray(length === LENGTH_64 ? 10 : length === LENGTH_16 ? 4 : 2)
}

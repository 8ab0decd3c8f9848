/** FIN and opcode 1 (RFC 6455, 5.2). */
const FIN_TEXT = 0x81
/** FIN and opcode 10. */
const FIN_PONG = 0x8a
/** Values of the length field that announce a length of 2 or of 8 bytes. */
const LENGTH_16 = 126
const LENGTH_64 = 127

/** A whole unmasked, unfragmented text frame (RFC 6455, 5.2), built once for all its receivers. */
export function textFrame(payload: Buffer): Buffer {
  const { length } = payload
  const frame = headed(FIN_TEXT, length)
  payload.copy(frame, frame.length - length)
  return frame
}

/** The same of a text. */
export function textFrameOf(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const frame = headed(FIN_TEXT, length)
  frame.write(text, frame.length - length)
  return frame
}

/** The answer to a ping with these data, at most 125 bytes. */
export function pongFrame(data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([FIN_PONG, data.length]), data])
}

export function isPong(frame: Buffer): boolean {
  return frame[0] === FIN_PONG
}

/** The payload of a frame that was built here, without copying it. */
export function payloadOf(frame: Buffer): Buffer {
  const length = frame[1]
  return frame.subarray(length === LENGTH_64 ? 10 : length === LENGTH_16 ? 4 : 2)
}

/** A frame of which the payload is still to be written. */
function headed(first: number, length: number): Buffer {
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headerBytes + length)
  frame[0] = first
  if (headerBytes === 2) {
    frame[1] = length
  } else if (headerBytes === 4) {
    frame[1] = LENGTH_16
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = LENGTH_64
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  return frame
}

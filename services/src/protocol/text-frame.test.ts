import { expect, test } from 'vitest'
import { readFrame } from '../../test/read-frame.ts'
import { payloadOf, textFrame } from './text-frame.ts'

test.for([0, 1, 125, 126, 65_535, 65_536, 100_000])(
  'a frame of %i bytes is read by a WebSocket, and gives its payload back',
  async (length) => {
    const payload = Buffer.alloc(length, 'x')

    const frame = textFrame(payload)
    const { data, isBinary } = await readFrame(frame)

    expect(isBinary).toBe(false)
    expect(data.equals(payload)).toBe(true)
    expect(payloadOf(frame).equals(payload)).toBe(true)
  },
)

import { expect, test } from 'vitest'
import { readFrame } from '../../test/read-frame.ts'
import { textFrame } from './text-frame.ts'

test.for([0, 1, 125, 126, 65_535, 65_536, 100_000])(
  'a frame of %i bytes is read back by a WebSocket',
  async (length) => {
    const payload = Buffer.alloc(length, 'x')

    const { data, isBinary } = await readFrame(textFrame(payload))
    expect(isBinary).toBe(false)
    expect(data.equals(payload)).toBe(true)
  },
)

import { describe, expect, test } from 'vitest'
import type { EventHeader } from '../protocol/events.ts'
import { decodeEnvelope, encodeEnvelope } from './envelope.ts'

const largest = { epoch: 2 ** 32 - 1, seq: 2 ** 48 - 1, frame: Buffer.from('{"any":"\u0000bytes"}') }
/** Its flags are all zero, and so is what follows them. */
const withHeader = (flags: number) => Buffer.concat([Buffer.from([2, flags]), Buffer.alloc(23)])

describe('an envelope', () => {
  test('keeps the frame and the largest numbers', () => {
    expect(decodeEnvelope(encodeEnvelope(largest))).toEqual(largest)
  })

  test('of a message to everyone has the bytes that the release before reads', () => {
    const bytes = encodeEnvelope({ epoch: 258, seq: 772, frame: Buffer.from('{}') })
    expect(bytes.toString('hex')).toBe('01000001020000000003047b7d')
  })

  test.for([
    [{ target: 2 ** 48 - 1 }],
    [{ target: 1, empties: true }],
    [{ empties: true }],
    [{ isOfMember: true }],
    [{ audience: 'staff' }],
    [{ audience: 'staff', target: 7, empties: true }],
    [{ audience: `user:${2 ** 48 - 1}`, isOfMember: true }],
  ] as const)('keeps the header %j, which the release before does not read', ([header]) => {
    const bytes = encodeEnvelope({ ...largest, header })
    expect(bytes[0]).toBe(2)
    expect(decodeEnvelope(bytes)).toEqual({ ...largest, header })
  })

  test('whose audience this release does not know is for nobody', () => {
    const header = { audience: 'a later one' } as unknown as EventHeader
    expect(decodeEnvelope(encodeEnvelope({ ...largest, header }))?.header).toEqual({ audience: 'user:0' })
  })

  test.for([
    ['an empty message', Buffer.alloc(0)],
    ['a header without a frame', encodeEnvelope({ epoch: 1, seq: 1, frame: Buffer.alloc(0) })],
    ['a long header without a frame', withHeader(0).subarray(0, 24)],
    ['a header with a flag of a later release', withHeader(16)],
    ['a message of another version', Buffer.concat([Buffer.from([3]), Buffer.alloc(40)])],
    ['a probe', Buffer.concat([Buffer.from([0]), Buffer.alloc(12, 1)])],
    ['a text of another program', Buffer.from('hello from something else')],
    ['a message that is too long', Buffer.concat([Buffer.from([1]), Buffer.alloc(200_000)])],
    ['one with a header that is too long', Buffer.concat([Buffer.from([2]), Buffer.alloc(200_000)])],
  ] as const)('%s is ignored', ([, message]) => {
    expect(decodeEnvelope(message)).toBeUndefined()
    expect(decodeEnvelope(withHeader(0))).toMatchObject({ header: {} })
  })
})

import { expect, test } from 'vitest'
import { decodeEnvelope, encodeEnvelope } from './envelope.ts'

test('an envelope keeps the frame and the largest numbers', () => {
  const envelope = { epoch: 2 ** 32 - 1, seq: 2 ** 48 - 1, frame: Buffer.from('{"any":"\u0000bytes"}') }
  expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope)
})

test.for([
  ['an empty message', Buffer.alloc(0)],
  ['a header without a frame', encodeEnvelope({ epoch: 1, seq: 1, frame: Buffer.alloc(0) })],
  ['a message of another version', Buffer.concat([Buffer.from([2]), Buffer.alloc(20)])],
  ['a probe', Buffer.concat([Buffer.from([0]), Buffer.alloc(12, 1)])],
  ['a text of another program', Buffer.from('hello from something else')],
  ['a message that is too long', Buffer.concat([Buffer.from([1]), Buffer.alloc(200_000)])],
] as const)('%s is ignored', ([, message]) => {
  expect(decodeEnvelope(message)).toBeUndefined()
})

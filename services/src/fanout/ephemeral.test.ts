import { expect, test } from 'vitest'
import { decodeEnvelope } from './envelope.ts'
import { decodeEphemeral, encodeEphemeral, type Ephemeral } from './ephemeral.ts'

const MESSAGES: Ephemeral[] = [
  { is: 'typing', user: 'алиса' },
  { is: 'read', user: 'alice', seq: 2 ** 53 - 1 },
  { is: 'marked', user: 'alice', seq: 7, no: 5, mentions: 1 },
  { is: 'who' },
  { is: 'here', process: 'p' },
  { is: 'gone', process: 'p' },
  { is: 'alive', process: 'p' },
  { is: 'inbox', no: 3 },
]

test.for(MESSAGES)('$is is read as it was written, and dropped by a release that knows only events', (message) => {
  const bytes = encodeEphemeral(message)
  expect(decodeEphemeral(bytes)).toEqual(message)
  expect(decodeEnvelope(bytes)).toBeUndefined()
})

test.for([
  ['an event', Buffer.concat([Buffer.from([1]), Buffer.alloc(20)])],
  ['a kind of a later release', encodeEphemeral({ is: 'later' } as unknown as Ephemeral)],
  ['an inherited property', encodeEphemeral({ is: 'constructor' } as unknown as Ephemeral)],
  ['a field of another type', encodeEphemeral({ is: 'typing', user: 7 } as unknown as Ephemeral)],
  ['what is no JSON', Buffer.from([3, 123])],
  ['null', Buffer.concat([Buffer.from([3]), Buffer.from('null')])],
  ['what is too long', encodeEphemeral({ is: 'typing', user: 'x'.repeat(2000) })],
  ['nothing', Buffer.alloc(0)],
] as const)('%s is dropped', ([, bytes]) => {
  expect(decodeEphemeral(bytes)).toBeUndefined()
})

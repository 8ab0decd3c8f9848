import { expect, test } from 'vitest'
import { parseClientFrame } from './client-frames.ts'
import { isProbeName, isRoomName, isUserName } from './names.ts'

const PROBE = '_probe.a1b2c3d4.0123456789abcdef'

test('the name of a probe is neither one that a user can register nor one of a room that a user can create', () => {
  expect(isProbeName(PROBE)).toBe(true)
  expect([isUserName(PROBE), isRoomName(PROBE)]).toEqual([false, false])
})

test.for([
  '_probe.a1b2c3d4.',
  '_probe.a1b2c3.0123456789abcdef',
  '_probe.a1b2c3d4.0123456789ABCDEF',
  '_probe.a1b2c3d4.0123456789abcdef0',
  ` ${PROBE}`,
  'probe.a1b2c3d4.0123456789abcdef',
  7,
])('%j is not the name of a probe', (name) => {
  expect(isProbeName(name)).toBe(false)
})

test('a frame may name the room of a probe, and no other room that begins with "_"', () => {
  expect(parseClientFrame(JSON.stringify({ type: 'leave', room: PROBE }))).toEqual({ type: 'leave', room: PROBE })
  expect(() => parseClientFrame('{"type":"leave","room":"_probe"}')).toThrow('"_probe": must be 1 to 64 of')
})

import { expect, test } from 'vitest'
import { bodyFault, isProbeName, isRoomName, isUserName, KNOWN_ROOM_NAME, KNOWN_USER_NAME, shown } from './names.ts'

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

test('a request may name the room and the user of a probe, and no others that begin with "_"', () => {
  for (const pattern of [KNOWN_ROOM_NAME, KNOWN_USER_NAME]) {
    expect([PROBE, 'kitchen', '_probe', `${PROBE}0`, `x ${PROBE}`].map((name) => pattern.test(name))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  }
})

test('a body is measured in bytes', () => {
  expect(bodyFault('x'.repeat(16_384))).toBeUndefined()
  expect(bodyFault('x'.repeat(16_385))).toMatchObject({ code: 'too_large', field: 'body' })
  expect(bodyFault('汉'.repeat(5462))).toMatchObject({ code: 'too_large', field: 'body' })
})

test.for([
  ['', 'must be a text of 1 to'],
  ['a\0b', 'control character'],
  ['\u202eopen', 'changes the direction'],
  ['\ud800', 'half of a surrogate pair'],
] as const)('the fault of the body %j is named', ([body, message]) => {
  const fault = { code: 'bad_request', field: 'body', message: expect.stringContaining(message) }
  expect(bodyFault(body)).toMatchObject(fault)
})

test('a value is shown briefly, however many levels it has', () => {
  const levels = 30_000
  const list: unknown = JSON.parse('['.repeat(levels) + ']'.repeat(levels))
  const object: unknown = JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels))
  expect([shown(['a']), shown(undefined), shown(list), shown(object)]).toEqual(['["a"]', 'undefined', '[...]', '{...}'])
  expect(shown('x'.repeat(1000)).length).toBeLessThan(200)
})

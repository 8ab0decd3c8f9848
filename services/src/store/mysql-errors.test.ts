import { expect, test } from 'vitest'
import { isOfRooms, isUnreachable, leavesUsable, verdict } from './mysql-errors.ts'

const answer = (errno: number, sqlState: string) => Object.assign(new Error('refused'), { errno, sqlState })

test.for([
  ['a duplicate key', answer(1062, '23000')],
  ['a deadlock', answer(1213, '40001')],
  ['an unknown table', answer(1146, '42S02')],
] as const)('after %s the connection is used again', ([, error]) => {
  expect(leavesUsable(error)).toBe(true)
})

test.for([
  ["for key 'PRIMARY'", 'behind'],
  ["for key 'room_events.PRIMARY'", 'behind'],
  ["for key 'room_events_client_id'", 'retry'],
  ["for key 'room_events.room_events_client_id'", 'retry'],
] as const)('the verdict on a duplicate entry %s is %s', ([key, expected]) => {
  // The entry has the value of a user.
  const message = `Duplicate entry '7-for key 'PRIMARY'-c1' ${key}`
  expect(verdict(Object.assign(new Error(message), { errno: 1062, sqlState: '23000' }))).toBe(expected)
})

test.for([
  ['a node outside the primary component', answer(1047, '08S01')],
  ['the same with another state', answer(1047, 'HY000')],
  ['a shutdown', answer(1053, '08S01')],
  ['a read-only server', answer(1290, 'HY000')],
  ['a read-only transaction', answer(1792, '25006')],
  ['a read-only InnoDB', answer(1836, 'HY000')],
  ['an aborted connection', answer(1152, '08S01')],
  ['a time-out', Object.assign(new Error('inactivity'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' })],
  ['a cut', Object.assign(new Error('closed'), { code: 'PROTOCOL_CONNECTION_LOST', sqlState: '' })],
] as const)('after %s the connection is not used again', ([, error]) => {
  expect(leavesUsable(error)).toBe(false)
})

test.for([
  ['a lock that another session has', answer(1205, 'HY000'), true],
  ['a deadlock', answer(1213, '40001'), true],
  ['a number that is taken', Object.assign(answer(1062, '23000'), { message: "for key 'PRIMARY'" }), true],
  ['an error of a trigger', answer(1644, '45000'), true],
  ['a wrong password', answer(1045, '28000'), false],
  ['a missing privilege', answer(1142, '42000'), false],
  ['too many connections of the user', answer(1203, '42000'), false],
  ['a used up resource of the user', answer(1226, '42000'), false],
  ['a full disk', answer(1021, 'HY000'), false],
  ['a full table', answer(1114, 'HY000'), false],
  ['a proxy that reaches no server', answer(9001, 'HY000'), false],
] as const)('after %s, that the rooms of the batch may be the cause is %s', ([, error, expected]) => {
  expect(isOfRooms(error)).toBe(expected)
})

test.for([
  ['a refused connect', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), true],
  ['a certificate that is not trusted', Object.assign(new Error('TLS'), { code: 'HANDSHAKE_SSL_ERROR' }), true],
  ['a cut', Object.assign(new Error('closed'), { code: 'PROTOCOL_CONNECTION_LOST', sqlState: '' }), true],
  ['a wrong password', answer(1045, '28000'), true],
  ['an unknown database', answer(1049, '42000'), true],
  ['too many connections', answer(1040, '08004'), true],
  ['a statement that takes too long', Object.assign(new Error('t'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' }), false],
  ['a missing privilege', answer(1142, '42000'), false],
  ['a duplicate column', answer(1060, '42S21'), false],
  ['a fault of this program', new TypeError('x is not a function'), false],
] as const)('after %s, that the database is unreachable is %s', ([, error, expected]) => {
  expect(isUnreachable(error)).toBe(expected)
})

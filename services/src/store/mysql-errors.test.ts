import { expect, test } from 'vitest'
import { leavesUsable } from './mysql-errors.ts'

const answer = (errno: number, sqlState: string) => Object.assign(new Error('refused'), { errno, sqlState })

test.for([
  ['a duplicate key', answer(1062, '23000')],
  ['a deadlock', answer(1213, '40001')],
  ['an unknown table', answer(1146, '42S02')],
] as const)('after %s the connection is used again', ([, error]) => {
  expect(leavesUsable(error)).toBe(true)
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

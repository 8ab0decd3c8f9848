import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Users } from './users.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('ten connections of a user have the pace of one', () => {
  const users = new Users({ perSecond: 10, burst: 3 })
  const shares = Array.from({ length: 10 }, () => users.enter('mallory'))

  expect(shares.map(({ pace }) => pace.reserve())).toEqual([0, 0, 0, 100, 200, 300, 400, 500, 600, 700])
  expect(users.enter('alice').pace.reserve()).toBe(0)
})

test('a user who reconnects has no new burst, and is forgotten when the old one is there again', () => {
  const users = new Users({ perSecond: 10, burst: 3 })
  const first = users.enter('mallory')
  for (let i = 0; i < 3; i += 1) first.pace.reserve()
  users.leave('mallory')

  vi.advanceTimersByTime(200)
  expect(users.enter('mallory')).toBe(first)
  vi.advanceTimersByTime(1000)
  expect(users.size).toBe(1)
  users.leave('mallory')
  vi.advanceTimersByTime(300)
  expect(users.size).toBe(0)
})

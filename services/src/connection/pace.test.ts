import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pace } from './pace.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a burst passes at once, then the rate applies, with the time to wait', () => {
  const pace = new Pace({ perSecond: 10, burst: 3 })

  expect([pace.take(), pace.take(), pace.take(), pace.take()]).toEqual([0, 0, 0, 100])
  vi.advanceTimersByTime(100)
  expect([pace.take(), pace.take()]).toEqual([0, 100])
  vi.advanceTimersByTime(60_000)
  expect([pace.take(), pace.take(), pace.take(), pace.take()]).toEqual([0, 0, 0, 100])
})

test('a rate of 0 lets everything pass', () => {
  const pace = new Pace({ perSecond: 0, burst: 1 })
  expect([pace.take(), pace.take(), pace.take()]).toEqual([0, 0, 0])
})

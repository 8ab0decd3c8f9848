import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Refresher } from './refresher.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

test('a bus that reports no error and delivers nothing for three rounds is refreshed, at most every 10 s', () => {
  const bus = { trouble: undefined as string | undefined, refresh: vi.fn<() => void>() }
  const refresher = new Refresher(bus, () => undefined)
  const rounds = (count: number, healed: boolean) => {
    for (let i = 0; i < count; i += 1) {
      if (healed) refresher.healed()
      refresher.round()
    }
  }

  rounds(2, true)
  rounds(1, false)
  rounds(2, true)
  expect(bus.refresh).not.toHaveBeenCalled()
  rounds(1, true)
  expect(bus.refresh).toHaveBeenCalledTimes(1)
  rounds(6, true)
  expect(bus.refresh).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(10_000)
  rounds(3, true)
  expect(bus.refresh).toHaveBeenCalledTimes(2)
  bus.trouble = 'connect ECONNREFUSED'
  vi.advanceTimersByTime(10_000)
  rounds(9, true)
  expect(bus.refresh).toHaveBeenCalledTimes(2)
})

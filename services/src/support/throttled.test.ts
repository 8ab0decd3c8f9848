import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Logger } from './log.ts'
import { throttledWarn } from './throttled.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('each message is logged at most once in the interval', () => {
  const logged: unknown[] = []
  const warn = throttledWarn({
    warn: (fields: object, message: string) => logged.push([fields, message]),
  } as unknown as Logger)

  warn({ attempt: 1 }, 'redis failed')
  warn({ attempt: 2 }, 'redis failed')
  warn({ attempt: 3 }, 'the database failed')
  vi.advanceTimersByTime(5000)
  warn({ attempt: 4 }, 'redis failed')

  expect(logged).toEqual([
    [{ attempt: 1 }, 'redis failed'],
    [{ attempt: 3 }, 'the database failed'],
    [{ attempt: 4 }, 'redis failed'],
  ])
})

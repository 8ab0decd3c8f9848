import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BoundedCache } from './bounded-cache.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('forgets what was not used for longest', () => {
  const cache = new BoundedCache<string, number>(2)
  cache.set('a', 1)
  cache.set('b', 2)
  cache.get('a')
  cache.set('c', 3)

  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3])
})

test('forgets what is too old, however often it was used', () => {
  const cache = new BoundedCache<string, number>(2, 1000)
  cache.set('__proto__', 1)
  vi.advanceTimersByTime(999)
  expect(cache.get('__proto__')).toBe(1)
  vi.advanceTimersByTime(1)
  expect(cache.get('__proto__')).toBeUndefined()
})

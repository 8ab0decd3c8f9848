import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Rotation } from './rotation.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a URL that does not work yet is retried until it works or is replaced', async () => {
  const tried: string[] = []
  let works = false
  const rotation = new Rotation({
    rotate: (url) => (tried.push(url), works ? Promise.resolve() : Promise.reject(new Error('denied'))),
    retryMs: 1000,
  })

  rotation.want('a')
  await vi.advanceTimersByTimeAsync(1500)
  expect(tried).toEqual(['a', 'a'])
  rotation.want('b')
  await vi.advanceTimersByTimeAsync(0)
  expect(tried.slice(2)).toEqual(['b'])
  works = true
  await vi.advanceTimersByTimeAsync(10_000)
  expect(tried.slice(3)).toEqual(['b'])
})

test('two rotations run one after the other, and the newer URL stays', async () => {
  const used: string[] = []
  const rotation = new Rotation({
    rotate: async (url) => {
      // The first takes longer than the second.
      await new Promise((resolve) => setTimeout(resolve, url === 'a' ? 500 : 10))
      used.push(url)
    },
  })

  rotation.want('a')
  rotation.want('b')
  await vi.advanceTimersByTimeAsync(1000)
  expect(used).toEqual(['a', 'b'])
})

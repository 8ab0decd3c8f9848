import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { throttled } from './throttled.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('lines of one kind are printed every 15 s, and a new kind immediately', () => {
  const printed: string[] = []
  const onProgress = throttled((text) => printed.push(text))
  for (let second = 0; second <= 30; second += 2) {
    onProgress(`building: ${second} packages`)
    vi.advanceTimersByTime(2000)
  }
  onProgress('starting etcd')
  expect(printed).toEqual(['building: 0 packages', 'building: 16 packages', 'starting etcd'])
})

test('two kinds in turn are each printed every 15 s', () => {
  const printed: string[] = []
  const onProgress = throttled((text) => printed.push(text))
  for (let second = 0; second < 16; second += 2) {
    onProgress(`building: ${second}`)
    onProgress(`unpacking: ${second}`)
    vi.advanceTimersByTime(2000)
  }
  expect(printed).toEqual(['building: 0', 'unpacking: 0'])
})

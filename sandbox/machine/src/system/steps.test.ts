import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { throttled } from './steps.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('without a terminal, lines of one step are printed every 15 s, and a new step immediately', () => {
  const printed: string[] = []
  const onProgress = throttled((text) => printed.push(text), false)
  for (let second = 0; second <= 30; second += 2) {
    onProgress(`building: ${second} packages`)
    vi.advanceTimersByTime(2000)
  }
  onProgress('starting etcd')
  expect(printed).toEqual(['building: 0 packages', 'building: 16 packages', 'starting etcd'])
})

test('without a terminal, two concurrent steps are each printed every 15 s', () => {
  const printed: string[] = []
  const onProgress = throttled((text) => printed.push(text), false)
  for (let second = 0; second < 16; second += 2) {
    onProgress(`building: ${second}`)
    onProgress(`unpacking: ${second}`)
    vi.advanceTimersByTime(2000)
  }
  expect(printed).toEqual(['building: 0', 'unpacking: 0'])
})

test('the caller can set the interval', () => {
  const printed: string[] = []
  const onProgress = throttled((text) => printed.push(text), false, 2000)
  for (let i = 0; i <= 12; i++) {
    onProgress(`delivered: ${i}`)
    vi.advanceTimersByTime(250)
  }
  expect(printed).toEqual(['delivered: 0', 'delivered: 8'])
})

test('on a terminal, every line is shown', () => {
  const shown: string[] = []
  const onProgress = throttled((text) => shown.push(text), true)
  onProgress('building: 1')
  onProgress('building: 2')
  expect(shown).toHaveLength(2)
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { calmed } from './steps.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('without a terminal, lines that only count on are printed every 15 s, and each new step at once', () => {
  const printed: string[] = []
  const say = calmed((text) => printed.push(text), false)
  for (let second = 0; second <= 30; second += 2) {
    say(`building: ${second} packages`)
    vi.advanceTimersByTime(2000)
  }
  say('starting etcd')
  expect(printed).toEqual(['building: 0 packages', 'building: 16 packages', 'starting etcd'])
})

test('of two steps that count at the same time, each is printed every 15 s', () => {
  const printed: string[] = []
  const say = calmed((text) => printed.push(text), false)
  for (let second = 0; second < 16; second += 2) {
    say(`building: ${second}`)
    say(`unpacking: ${second}`)
    vi.advanceTimersByTime(2000)
  }
  expect(printed).toEqual(['building: 0', 'unpacking: 0'])
})

test('how often is up to the caller', () => {
  const printed: string[] = []
  const say = calmed((text) => printed.push(text), false, 2000)
  for (let i = 0; i <= 12; i++) {
    say(`delivered: ${i}`)
    vi.advanceTimersByTime(250)
  }
  expect(printed).toEqual(['delivered: 0', 'delivered: 8'])
})

test('on a terminal every line is shown', () => {
  const shown: string[] = []
  const say = calmed((text) => shown.push(text), true)
  say('building: 1')
  say('building: 2')
  expect(shown).toHaveLength(2)
})

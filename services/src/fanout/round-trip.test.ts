import { expect, test, vi } from 'vitest'
import { RoundTrip } from './round-trip.ts'

const message = (seq: number) => ({ epoch: 1, seq })

test('one message at a time is measured, from its publishing to its return', () => {
  const times: number[] = []
  const roundTrip = new RoundTrip((seconds) => times.push(seconds))

  roundTrip.begin('room', message(1), 1000)
  roundTrip.begin('room', message(2), 1001)
  roundTrip.end('room', message(2), 1005)
  roundTrip.end('other', message(1), 1006)
  expect(times).toEqual([])
  roundTrip.end('room', message(1), 1250)
  roundTrip.end('room', message(1), 2000)

  expect(times).toEqual([0.25])
})

test('a message that never returns counts as 10 s, however late the next one is', () => {
  const times: number[] = []
  const roundTrip = new RoundTrip((seconds) => times.push(seconds))

  roundTrip.begin('room', message(1), 0)
  roundTrip.begin('room', message(2), 3_600_000)
  roundTrip.end('room', message(2), 3_600_010)

  expect(times).toEqual([10, 0.01])
})

test('a message of a channel that was unsubscribed meanwhile is not counted', () => {
  const times: number[] = []
  const roundTrip = new RoundTrip((seconds) => times.push(seconds))

  roundTrip.begin('room', message(1), 0)
  roundTrip.forget('other')
  roundTrip.begin('other', message(1), 5)
  roundTrip.end('room', message(1), 10)
  roundTrip.begin('room', message(2), 20)
  roundTrip.forget('room')
  roundTrip.begin('other', message(2), 60_000)
  roundTrip.end('other', message(2), 60_020)

  expect(times).toEqual([0.01, 0.02])
})

test('a message that has not returned after 2 s is reported with its channel, and others are not', () => {
  vi.useFakeTimers()
  const overdue: string[] = []
  const roundTrip = new RoundTrip(
    () => undefined,
    (channel) => overdue.push(channel),
  )

  roundTrip.begin('well', message(1))
  roundTrip.end('well', message(1))
  roundTrip.begin('left', message(1))
  roundTrip.forget('left')
  vi.advanceTimersByTime(5000)
  expect(overdue).toEqual([])
  roundTrip.begin('room', message(2))
  vi.advanceTimersByTime(1999)
  expect(overdue).toEqual([])
  vi.advanceTimersByTime(10_000)
  vi.useRealTimers()

  expect(overdue).toEqual(['room'])
})

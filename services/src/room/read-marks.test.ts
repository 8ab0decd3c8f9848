import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Ephemeral } from '../fanout/ephemeral.ts'
import type { Database } from '../store/database.ts'
import { MAX_WAITING_READ_MARKS } from '../support/limits.ts'
import { ReadMarks } from './read-marks.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const key = (id: number) => ({ id, slug: `room${id}`, channel: `c${id}` })

/** Marks over a database whose rooms have 5 events each, as this process knows unless `lastSeq` says otherwise. */
function setUp(lastSeq = 5) {
  const published: Ephemeral[] = []
  const state = { isAway: false, lastSeq }
  const database = {
    query: (_: string, values: readonly number[]) =>
      state.isAway
        ? Promise.reject(new Error('away'))
        : Promise.resolve([{ position: 0, seq: Math.min(values[1] ?? 0, 5), no: 3, mentions: 0 }]),
    execute: () => Promise.resolve(),
  } as unknown as Database
  const marks = new ReadMarks({
    database,
    bus: { publishEphemeral: (_, message) => published.push(message) > 0 },
    lastSeqOf: () => state.lastSeq,
    onWritten: () => undefined,
    onError: () => undefined,
  })
  return { marks, published, state }
}

test('the mark of an own message is dropped when too many wait, and one that a client asks for is refused', () => {
  const { marks } = setUp()
  for (let i = 1; i <= MAX_WAITING_READ_MARKS; i += 1) marks.add(key(i), { user: 'alice', userId: 1, seq: 1 })

  expect(marks.offer(key(0), { user: 'alice', userId: 1, seq: 1 })).toBe(false)
  expect(() => marks.add(key(0), { user: 'alice', userId: 1, seq: 1 })).toThrow(/50000 read marks wait/)
  expect(marks.offer(key(1), { user: 'alice', userId: 1, seq: 2 })).toBe(true)
})

test('a mark is told at once and only once, however often it is written', async () => {
  const { marks, published, state } = setUp()
  state.isAway = true
  marks.add(key(1), { user: 'alice', userId: 1, seq: 4 })
  await vi.advanceTimersByTimeAsync(5500)
  expect(published).toEqual([{ is: 'read', user: 'alice', seq: 4 }])

  state.isAway = false
  await vi.advanceTimersByTimeAsync(1000)
  expect(published.slice(1)).toEqual([{ is: 'marked', user: 'alice', seq: 4, no: 3, mentions: 0 }])
})

test('a mark beyond the last event that is known is told with the number of the last event', async () => {
  const { marks, published, state } = setUp(0)
  state.isAway = true
  marks.add(key(1), { user: 'alice', userId: 1, seq: Number.MAX_SAFE_INTEGER })
  await vi.advanceTimersByTimeAsync(1500)
  expect(published).toEqual([])

  state.isAway = false
  await vi.advanceTimersByTimeAsync(1000)
  expect(published).toEqual([
    { is: 'read', user: 'alice', seq: 5 },
    { is: 'marked', user: 'alice', seq: 5, no: 3, mentions: 0 },
  ])
})

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RoomHead } from '../store/rooms.ts'
import { CatchUp } from './catch-up.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setUp(count: number) {
  const state = { fails: false, suspicious: [] as number[], ids: Array.from({ length: count }, (_, i) => i + 1) }
  const asked: string[] = []
  const expected: number[] = []
  const head = (id: number): RoomHead => ({ id, epoch: 1, lastSeq: id, last: undefined })
  const answer = <T>(value: T) => (state.fails ? Promise.reject(new Error('down')) : Promise.resolve(value))
  const catchUp = new CatchUp({
    rooms: {
      heads: (ids) => (ids.length > 0 && asked.push(`heads of ${ids.length}`), answer(ids.map(head))),
      changed: (withinMs) => (asked.push(`changed within ${withinMs}`), answer([head(3), head(9999)])),
    },
    hub: {
      get heads() {
        return new Map(state.ids.map((id) => [id, id]))
      },
      get suspicious() {
        return state.suspicious
      },
      expect: ({ id }, heads) => {
        expected.push(id)
        expect(heads.size).toBe(state.ids.length)
      },
    },
    onError: () => undefined,
  })
  return { catchUp, asked, expected, state }
}

describe('the catch-up', () => {
  test('asks for a few rooms by their keys once a second', async () => {
    const { catchUp, asked, expected } = setUp(2)
    catchUp.start()
    await vi.advanceTimersByTimeAsync(2500)
    expect(asked).toEqual(['heads of 2', 'heads of 2'])
    expect(expected).toEqual([1, 2, 1, 2])
    catchUp.stop()
    await vi.advanceTimersByTimeAsync(5000)
    expect(asked).toHaveLength(2)
  })

  test('asks for those of many rooms that changed, since the last answer, and for all of them every 30 s', async () => {
    const { catchUp, asked, expected, state } = setUp(1200)
    await vi.advanceTimersByTimeAsync(1000)
    await catchUp.round()
    expect(asked).toEqual(['changed within 11000'])
    expect(expected).toEqual([3, 9999])

    state.fails = true
    await vi.advanceTimersByTimeAsync(20_000)
    await catchUp.round()
    state.fails = false
    await vi.advanceTimersByTimeAsync(1000)
    await catchUp.round()
    expect(asked.slice(1)).toEqual(['changed within 30000', 'changed within 31000'])

    await vi.advanceTimersByTimeAsync(9000)
    await catchUp.round()
    expect(asked.slice(3)).toEqual(['heads of 500', 'heads of 500', 'heads of 200'])
  })

  test('asks each round for rooms that were beyond the database, however long ago they changed', async () => {
    const { catchUp, asked, expected, state } = setUp(1200)
    state.suspicious = [3, 7]
    await catchUp.round()
    expect(asked).toEqual(['changed within 10000', 'heads of 2'])
    expect(expected).toEqual([9999, 3, 7])
  })

  test('measures its window by a clock that nobody sets', async () => {
    const { catchUp, asked } = setUp(1200)
    await vi.advanceTimersByTimeAsync(1000)
    vi.setSystemTime(Date.now() - 3_600_000)
    await catchUp.round()
    expect(asked).toEqual(['changed within 11000'])
  })

  test('asks nothing while no room is served', async () => {
    const { catchUp, asked } = setUp(0)
    await catchUp.round()
    expect(asked).toEqual([])
  })
})

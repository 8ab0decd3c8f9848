import { describe, expect, test } from 'vitest'
import { Ring, type RingBudget } from './ring.ts'
import { RoomFrame } from './room-frame.ts'

/** Two bytes of the WebSocket frame and its payload, counted for both forms. */
const frame = (seq: number) => new RoomFrame({ seq, payload: Buffer.from(`frame ${seq}`), header: undefined }, 1)

function filled(
  from: number,
  to: number,
  options: { maxFrames?: number; maxBytes?: number; budget?: RingBudget } = {},
): Ring {
  const budget = { usedBytes: 0, maxBytes: 1_000_000 }
  const ring = new Ring({ maxFrames: 8, maxBytes: 3000, lastSeq: from - 1, budget, ...options })
  for (let seq = from; seq <= to; seq += 1) ring.push(frame(seq))
  return ring
}

const texts = (ring: Ring, after: number, limit = 100) =>
  ring.after(after, limit)?.map(({ payload }) => payload.toString())

describe('a ring', () => {
  test('returns the frames after a position, up to the limit', () => {
    const ring = filled(5, 9)
    expect(texts(ring, 4)).toEqual(['frame 5', 'frame 6', 'frame 7', 'frame 8', 'frame 9'])
    expect(texts(ring, 6, 2)).toEqual(['frame 7', 'frame 8'])
    expect(ring.after(9, 100)).toEqual([])
  })

  test('returns undefined for a position before its first frame or after its last', () => {
    const ring = filled(5, 9)
    expect(ring.after(3, 100)).toBeUndefined()
    expect(ring.after(10, 100)).toBeUndefined()
  })

  test('keeps the newest frames within its bounds', () => {
    const ring = filled(1, 100)
    expect(texts(ring, 99)).toEqual(['frame 100'])
    expect(ring.after(91, 100)).toBeUndefined()
    expect(texts(ring, 94)).toHaveLength(6)
    const bytes = filled(1, 100, { maxFrames: 1000, maxBytes: 220 })
    expect(bytes.after(89, 100)).toBeUndefined()
    expect(texts(bytes, 98)).toEqual(['frame 99', 'frame 100'])
  })

  test('keeps few frames while the shared budget is used up, and returns its bytes to the budget', () => {
    const budget = { usedBytes: 0, maxBytes: 2000 }
    const rings = Array.from({ length: 50 }, () => filled(1, 50, { maxFrames: 100, maxBytes: 1600, budget }))

    expect(budget.usedBytes).toBeLessThan(2000 + 50 * 120)
    expect(texts(rings.at(-1) as Ring, 49)).toEqual(['frame 50'])
    for (const ring of rings) ring.clear()
    expect(budget.usedBytes).toBe(0)
  })

  test('returns one frame by its number', () => {
    const ring = filled(5, 9)
    expect([4, 5, 9, 10].map((seq) => ring.at(seq)?.payload.toString())).toEqual([
      undefined,
      'frame 5',
      'frame 9',
      undefined,
    ])
  })

  test('is emptied by a frame that does not follow the last one', () => {
    const ring = filled(1, 5)
    ring.push(frame(9))
    expect(ring.after(5, 100)).toBeUndefined()
    expect(texts(ring, 8)).toEqual(['frame 9'])
  })
})

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readFrame } from '../../test/read-frame.ts'
import { eventFrame } from '../protocol/server-frames.ts'
import type { StoredEvent } from '../protocol/events.ts'
import { LiveRoom, type Subscriber } from './live-room.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const event = (seq: number): StoredEvent => ({
  seq,
  kind: 'message',
  sender: 'alice',
  clientId: `c${seq}`,
  body: `body ${seq}`,
  at: 1,
})
const payload = (seq: number) => eventFrame('kitchen', 7, event(seq))

/** A room whose head is 10, and a database that has the events `stored`. */
function setUp(stored: number[] = []) {
  const reads: [number, number][] = []
  const healed: number[] = []
  const state = { fails: false, reset: 0, lastSeq: Number.MAX_SAFE_INTEGER }
  const budget = { usedBytes: 0, maxBytes: 1_000_000 }
  const room = new LiveRoom(
    {
      key: { id: 1, slug: 'kitchen', channel: 'c' },
      ringFrames: 100,
      budget,
      lastSeq: () => Promise.resolve(state.lastSeq),
      read: (after, upTo) => {
        reads.push([after, upTo])
        if (state.fails) return Promise.reject(new Error('down'))
        return Promise.resolve(stored.filter((seq) => seq > after && seq <= upTo).map(event))
      },
      onHealed: (count) => healed.push(count),
      onReset: () => (state.reset += 1),
      onError: () => undefined,
    },
    { epoch: 7, lastSeq: 10 },
  )
  const delivered: number[] = []
  const frames: Buffer[] = []
  const subscriber: Subscriber & { resets: number } = {
    resets: 0,
    deliver: (seq, frame) => {
      delivered.push(seq)
      frames.push(frame)
    },
    reset() {
      this.resets += 1
    },
  }
  room.add(subscriber)
  return { room, delivered, frames, reads, healed, state, subscriber, stored, budget }
}

const receive = (room: LiveRoom, ...seqs: number[]) => seqs.forEach((seq) => room.receive(7, seq, payload(seq)))

describe('an event that is received', () => {
  test('is delivered once and in order, although events arrive out of order and repeatedly', async () => {
    const { room, delivered, reads } = setUp()

    receive(room, 11, 11, 13, 9, 12, 13, 14)
    await vi.advanceTimersByTimeAsync(1000)

    expect(delivered).toEqual([11, 12, 13, 14])
    expect(reads).toEqual([])
  })

  test('is delivered unchanged', async () => {
    const { room, frames } = setUp()
    receive(room, 11)
    const { data } = await readFrame(frames[0] as Buffer)
    expect(data.equals(payload(11))).toBe(true)
  })

  test('waits 50 ms after a gap, which is then read from the database', async () => {
    const { room, delivered, reads, healed } = setUp([11, 12, 13])

    receive(room, 13)
    await vi.advanceTimersByTimeAsync(49)
    expect([delivered, reads]).toEqual([[], []])
    await vi.advanceTimersByTimeAsync(1)

    expect(delivered).toEqual([11, 12, 13])
    expect(reads).toEqual([[10, 13]])
    expect(healed).toEqual([2])
  })

  test('while a page is read is neither repeated nor lost', async () => {
    const { room, delivered } = setUp([11, 12, 13])
    receive(room, 13)
    vi.advanceTimersByTime(50)
    // The page is being read.
    receive(room, 11, 12, 14)
    await vi.advanceTimersByTimeAsync(100)
    expect(delivered).toEqual([11, 12, 13, 14])
  })
})

describe('an event that the database has', () => {
  test('is delivered although Redis did not deliver it', async () => {
    const { room, delivered } = setUp([11, 12])
    room.expect(7, 12)
    await vi.advanceTimersByTimeAsync(50)
    expect(delivered).toEqual([11, 12])
  })

  test('is delivered from as many pages as needed', async () => {
    const stored = Array.from({ length: 500 }, (_, i) => 11 + i)
    const { room, delivered } = setUp(stored)
    room.expect(7, 510)
    await vi.advanceTimersByTimeAsync(50)
    expect(delivered).toEqual(stored)
  })

  test('is read again in the next round when it could not be read', async () => {
    const { room, delivered, state, reads } = setUp([11])
    state.fails = true
    room.expect(7, 11)
    await vi.advanceTimersByTimeAsync(500)
    expect(reads).toHaveLength(1)
    state.fails = false
    room.expect(7, 11)
    await vi.advanceTimersByTimeAsync(50)
    expect(delivered).toEqual([11])
  })

  test('is skipped when it was purged', async () => {
    const { room, delivered } = setUp([])
    receive(room, 15)
    await vi.advanceTimersByTimeAsync(50)
    receive(room, 16)
    expect(room.head).toBe(16)
    expect(delivered.at(-1)).toBe(16)
  })

  test('is not skipped when the database that is read is behind', async () => {
    const stored: number[] = []
    const { room, delivered, state } = setUp(stored)
    state.lastSeq = 10
    room.expect(7, 12)
    await vi.advanceTimersByTimeAsync(50)
    expect([room.head, delivered]).toEqual([10, []])

    stored.push(11, 12)
    state.lastSeq = 12
    room.expect(7, 12)
    await vi.advanceTimersByTimeAsync(50)
    expect(delivered).toEqual([11, 12])
  })

  test('is not read when it was already delivered', async () => {
    const { room, reads } = setUp()
    room.expect(7, 10)
    await vi.advanceTimersByTimeAsync(1000)
    expect(reads).toEqual([])
  })
})

describe('an event of another epoch', () => {
  test('resets all subscribers if the epoch is newer, and is dropped if it is older', () => {
    const { room, delivered, subscriber, state } = setUp()
    room.receive(6, 11, payload(11))
    expect([delivered, subscriber.resets]).toEqual([[], 0])

    room.receive(8, 1, payload(1))
    room.expect(8, 1)

    expect([delivered, subscriber.resets, room.size]).toEqual([[], 1, 0])
    expect(state.reset).toBeGreaterThan(0)
  })
})

describe('a closed room', () => {
  test('resets a subscriber that ends its replay', () => {
    const { room, subscriber } = setUp()
    room.receive(8, 1, payload(1))
    room.add(subscriber)
    expect([subscriber.resets, room.size]).toEqual([2, 0])
  })

  test('keeps and delivers nothing of a read that ends later', async () => {
    const { room, delivered, budget, reads } = setUp([11, 12])
    room.expect(7, 12)
    vi.advanceTimersByTime(50)
    expect(reads).toHaveLength(1)
    room.close()
    await vi.advanceTimersByTimeAsync(100)
    expect([delivered, budget.usedBytes]).toEqual([[], 0])
  })
})

test('events after a gap are kept up to a bound, and all are delivered', async () => {
  const stored = Array.from({ length: 3000 }, (_, i) => 11 + i)
  const { room, delivered } = setUp(stored)
  receive(room, ...stored.slice(1))
  await vi.advanceTimersByTimeAsync(50)
  expect(delivered).toEqual(stored)
})

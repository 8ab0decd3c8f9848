import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readFrame } from '../../test/read-frame.ts'
import { eventFrame } from '../protocol/server-frames.ts'
import { headerOf, type EventIdentity, type StoredEvent } from '../protocol/events.ts'
import { LiveRoom } from './live-room.ts'
import type { Subscriber } from './subscribers.ts'

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
/** The same number, given to another event after a restore. */
const other = (seq: number): StoredEvent => ({ ...event(seq), clientId: `other${seq}` })
const otherPayload = (seq: number) => eventFrame('kitchen', 7, other(seq))

interface Told {
  readonly epoch?: number
  readonly last?: EventIdentity | undefined
  /** The head when the database was asked. */
  readonly before?: number
}

/** A round of the catch-up has read that the room's last event is `lastSeq`. */
function told(room: LiveRoom, lastSeq: number, { epoch = 7, last, before = room.head }: Told = {}): void {
  room.expect({ epoch, lastSeq, last }, before)
}

/** A room whose head is 10, and a database that has the events `stored`. */
function setUp(stored: number[] = []) {
  const reads: [number, number][] = []
  const healed: number[] = []
  const state = {
    fails: false,
    reset: 0,
    lastSeq: Number.MAX_SAFE_INTEGER,
    raise: () => Promise.resolve(true),
    raiseOlder: () => Promise.resolve(true),
    raised: 0,
    event,
  }
  const raises: [epoch: number, below: number][] = []
  const olderRaises: number[] = []
  const budget = { usedBytes: 0, maxBytes: 1_000_000 }
  const room = new LiveRoom(
    {
      key: { id: 1, slug: 'kitchen', channel: 'c' },
      ringFrames: 100,
      budget,
      read: (after, upTo) => {
        reads.push([after, upTo])
        if (state.fails) return Promise.reject(new Error('down'))
        const events = stored.filter((seq) => seq > after && seq <= upTo).map(state.event)
        return Promise.resolve({ lastSeq: state.lastSeq, events })
      },
      raiseEpoch: (epoch, below) => (raises.push([epoch, below]), state.raise()),
      raiseOlderEpoch: (epoch) => (olderRaises.push(epoch), state.raiseOlder()),
      onEpochRaised: () => (state.raised += 1),
      onHealed: (count) => healed.push(count),
      onReset: () => (state.reset += 1),
      onError: () => undefined,
    },
    { epoch: 7, lastSeq: 10, last: { sender: 'alice', clientId: 'c10' } },
  )
  const delivered: number[] = []
  const removals: number[] = []
  const frames: Buffer[] = []
  const subscriber: Subscriber & { resets: number } = {
    resets: 0,
    user: 'bob',
    removed: (seq) => removals.push(seq),
    deliver: ({ seq, long }) => {
      delivered.push(seq)
      frames.push(long)
    },
    reset() {
      this.resets += 1
    },
  }
  room.add(subscriber)
  return { room, delivered, removals, frames, reads, healed, raises, olderRaises, state, subscriber, stored, budget }
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
    expect(reads).toEqual([[9, 13]])
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
    told(room, 12)
    await vi.advanceTimersByTimeAsync(50)
    expect(delivered).toEqual([11, 12])
  })

  test('is delivered from as many pages as needed', async () => {
    const stored = Array.from({ length: 500 }, (_, i) => 11 + i)
    const { room, delivered } = setUp(stored)
    told(room, 510)
    await vi.advanceTimersByTimeAsync(50)
    expect(delivered).toEqual(stored)
  })

  test('is read again in the next round when it could not be read', async () => {
    const { room, delivered, state, reads } = setUp([11])
    state.fails = true
    told(room, 11)
    await vi.advanceTimersByTimeAsync(500)
    expect(reads).toHaveLength(1)
    state.fails = false
    told(room, 11)
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
    told(room, 12)
    await vi.advanceTimersByTimeAsync(50)
    expect([room.head, delivered]).toEqual([10, []])

    stored.push(11, 12)
    state.lastSeq = 12
    told(room, 12)
    await vi.advanceTimersByTimeAsync(50)
    expect(delivered).toEqual([11, 12])
  })

  test('is not read when it was already delivered', async () => {
    const { room, reads } = setUp()
    told(room, 10)
    await vi.advanceTimersByTimeAsync(1000)
    expect(reads).toEqual([])
  })
})

describe.for(['recall', 'expired'])('an event of kind "%s"', (kind) => {
  const emptying = (seq: number, target: number): StoredEvent => ({ ...event(seq), kind, target, body: '' })
  const receiveEmptying = (room: LiveRoom, seq: number, target: number) => {
    const changing = emptying(seq, target)
    room.receive(7, seq, eventFrame('kitchen', 7, changing), headerOf(changing))
  }
  /** Messages whose text is gone, as the database has them. */
  const gone = (seq: number): StoredEvent => ({ ...event(seq), body: '', recalledAt: 2 })

  test('drops the frames before it, so that who resumes reads the database', () => {
    const { room } = setUp()
    receive(room, 11, 12)
    receiveEmptying(room, 13, 11)
    receive(room, 14)
    expect(room.recent(11, 10)).toBeUndefined()
    expect(room.recent(12, 10)?.map(({ seq }) => seq)).toEqual([13, 14])
  })

  test('drops them when it is read from the database, too', async () => {
    const { room, state } = setUp([12])
    state.event = (seq) => emptying(seq, 11)
    receive(room, 11)
    told(room, 12)
    await vi.advanceTimersByTimeAsync(50)
    expect(room.recent(10, 10)).toBeUndefined()
    expect(room.recent(11, 10)).toHaveLength(1)
  })

  test.for([
    ['before', [12, 13]],
    ['after', [13, 12]],
  ] as const)('behind a gap keeps the text of a message that arrived %s it from the clients', async ([, order]) => {
    const { room, frames, delivered, state } = setUp([11, 12])
    state.event = (seq) => (seq === 12 ? gone(seq) : event(seq))
    for (const seq of order)
      if (seq === 13) receiveEmptying(room, seq, 12)
      else receive(room, seq)
    receive(room, 11)
    await vi.advanceTimersByTimeAsync(50)
    expect(delivered).toEqual([11, 12, 13])
    expect(Buffer.concat(frames).includes('body 11')).toBe(true)
    expect(Buffer.concat(frames).includes('body 12')).toBe(false)
  })
})

describe('an event of another epoch', () => {
  test('resets all subscribers if the epoch is newer, and is dropped if it is older', () => {
    const { room, delivered, subscriber, state } = setUp()
    room.receive(6, 11, payload(11))
    expect([delivered, subscriber.resets]).toEqual([[], 0])

    room.receive(8, 1, payload(1))
    told(room, 1, { epoch: 8 })

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
    told(room, 12)
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

describe('a database that lost events which were delivered', () => {
  test('has its epoch raised once its last event was before the head for 5 rounds, and the clients are reset', async () => {
    const { room, raises, state, subscriber } = setUp()
    for (let round = 0; round < 4; round += 1) told(room, 8)
    expect([raises, room.isSuspicious]).toEqual([[], true])

    told(room, 8)
    await vi.advanceTimersByTimeAsync(0)

    expect(raises).toEqual([[7, 10]])
    expect([state.raised, state.reset, subscriber.resets, room.size]).toEqual([1, 1, 1, 0])
  })

  test('is not one whose answer is older than the head, or that was behind for a few rounds', async () => {
    const { room, raises, stored } = setUp([9, 10])
    for (let round = 0; round < 4; round += 1) told(room, 8)
    told(room, 10, { last: event(10) })
    for (let round = 0; round < 4; round += 1) told(room, 8)
    told(room, 10, { last: event(10) })
    receive(room, 11, 12)
    stored.push(11, 12)
    for (let round = 0; round < 20; round += 1) told(room, 10, { before: 10 })
    await vi.advanceTimersByTimeAsync(1000)
    expect([raises, room.isSuspicious]).toEqual([[], false])
  })

  test('is asked again after 5 more rounds if it takes no writes, as a replica that is behind', async () => {
    const { room, raises, state, subscriber } = setUp()
    state.raise = () => Promise.reject(new Error('read-only'))
    for (let round = 0; round < 14; round += 1) {
      told(room, 8)
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect(raises).toHaveLength(2)
    expect([state.raised, subscriber.resets]).toEqual([0, 0])

    state.raise = () => Promise.resolve(false)
    told(room, 8)
    await vi.advanceTimersByTimeAsync(0)
    expect(raises).toHaveLength(3)
    expect([state.raised, subscriber.resets]).toEqual([0, 0])
  })

  test('is noticed at once by another event with the number of one that was delivered', async () => {
    const { room, raises, state, subscriber } = setUp()
    receive(room, 11, 12)
    room.receive(7, 11, payload(11))
    // Another release may build the same event differently.
    room.receive(7, 11, Buffer.from(JSON.stringify({ ...event(11), later: 1 })))
    room.receive(7, 11, Buffer.from('not JSON'))
    expect(raises).toEqual([])

    room.receive(7, 11, otherPayload(11))
    await vi.advanceTimersByTimeAsync(0)

    expect(raises).toEqual([[7, Number.MAX_SAFE_INTEGER]])
    expect([state.raised, subscriber.resets]).toEqual([1, 1])
  })

  test('is noticed by the number at which the process began to serve the room', async () => {
    const { room, raises } = setUp()
    room.receive(7, 10, payload(10))
    expect(raises).toEqual([])
    room.receive(7, 10, otherPayload(10))
    expect(raises).toHaveLength(1)
  })

  test('is noticed when it has come to the head again, with another event there', async () => {
    const { room, raises } = setUp()
    told(room, 10, { last: event(10) })
    expect(raises).toEqual([])
    told(room, 10, { last: other(10) })
    expect(raises).toHaveLength(1)
  })

  test('is noticed when it has passed the head, before anything of it is delivered', async () => {
    const { room, raises, delivered, state, subscriber } = setUp([10, 11, 12])
    state.event = other
    told(room, 12)
    await vi.advanceTimersByTimeAsync(50)
    expect(raises).toHaveLength(1)
    expect([delivered, subscriber.resets]).toEqual([[], 1])
  })

  test('is noticed although the next event arrived alive after it had been behind', async () => {
    const { room, raises, state } = setUp([9, 10, 11])
    told(room, 9)
    state.event = other
    room.receive(7, 11, otherPayload(11))
    told(room, 11, { last: other(11) })
    await vi.advanceTimersByTimeAsync(0)
    expect(raises).toHaveLength(1)
  })

  test('has its epoch raised once it was older for 5 rounds, and the clients are reset', async () => {
    const { room, raises, olderRaises, state, subscriber } = setUp()
    for (let round = 0; round < 4; round += 1) told(room, 10, { epoch: 6 })
    room.receive(6, 11, payload(11))
    expect([olderRaises, room.isSuspicious, subscriber.resets]).toEqual([[], true, 0])

    told(room, 12, { epoch: 6 })
    await vi.advanceTimersByTimeAsync(0)

    expect([olderRaises, raises]).toEqual([[7], []])
    expect([state.raised, state.reset, subscriber.resets, room.size]).toEqual([1, 1, 1, 0])
  })

  test('had an older epoch for a few rounds only, as a replica that is behind, and nothing is raised', async () => {
    const { room, olderRaises, raises, subscriber } = setUp([10])
    for (let times = 0; times < 3; times += 1) {
      for (let round = 0; round < 4; round += 1) told(room, 10, { epoch: 6 })
      told(room, 10, { last: event(10) })
      await vi.advanceTimersByTimeAsync(0)
    }
    expect([olderRaises, raises, subscriber.resets, room.isSuspicious]).toEqual([[], [], 0, false])
  })

  test('is doubted until a server that has come to the head was asked for its event', async () => {
    const { room, raises, state, stored } = setUp()
    told(room, 8)
    state.lastSeq = 8
    told(room, 11, { last: event(11) })
    await vi.advanceTimersByTimeAsync(0)
    expect([room.isSuspicious, raises]).toEqual([true, []])

    state.lastSeq = 11
    state.event = other
    stored.push(10)
    told(room, 10)
    await vi.advanceTimersByTimeAsync(0)
    expect([room.isSuspicious, raises]).toEqual([false, [[7, Number.MAX_SAFE_INTEGER]]])
  })

  test('is remembered until its epoch could be raised', async () => {
    const { room, raises, state, subscriber } = setUp()
    state.raise = () => Promise.reject(new Error('lock wait'))
    room.receive(7, 10, otherPayload(10))
    await vi.advanceTimersByTimeAsync(0)
    expect(subscriber.resets).toBe(0)

    state.raise = () => Promise.resolve(true)
    for (let round = 0; round < 5; round += 1) told(room, 12)
    await vi.advanceTimersByTimeAsync(0)
    expect([raises.length, subscriber.resets]).toEqual([2, 1])
  })
})

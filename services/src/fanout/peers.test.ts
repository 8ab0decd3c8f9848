import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BusListener } from './bus.ts'
import { Peers } from './peers.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Two processes of one group and one of another, which share a Redis. */
function setUp() {
  const listeners: BusListener[] = []
  const published: Parameters<BusListener>[] = []
  const bus = {
    onEnvelope: (listener: BusListener) => void listeners.push(listener),
    subscribe: () => Promise.resolve(),
    publish: (...message: Parameters<BusListener>) => {
      published.push(message)
      for (const listener of listeners) listener(...message)
      return true
    },
  }
  const open = (group: string) => new Peers({ bus, group })
  const [one, two, other] = [open('a'), open('a'), open('b')]
  for (const peers of [one, two, other]) peers.listen()
  return { bus, published, one, two, other }
}

test('a process knows the newest count and the start of the others of its group, and not of itself', () => {
  const { one, two, other } = setUp()
  vi.advanceTimersByTime(1000)
  two.beat(7)
  vi.advanceTimersByTime(3000)
  for (const peers of [one, other]) peers.beat(100)
  two.beat(9)

  expect([one, two, other].map((peers) => peers.connections())).toEqual([[9], [100], []])
  expect(one.starts().map((start) => performance.now() - start)).toEqual([3000, 0])
})

test('a process that stops, or misses three heartbeats, does not count; for an hour its start does', () => {
  const { one, two } = setUp()
  one.beat(1)
  two.beat(2)
  vi.advanceTimersByTime(15_000)
  expect([one.connections(), two.connections()]).toEqual([[2], [1]])
  two.beat(null)
  vi.advanceTimersByTime(1)
  expect([one.connections(), two.connections()]).toEqual([[], []])
  expect(one.starts()).toHaveLength(2)
  vi.advanceTimersByTime(60 * 60_000)
  expect(one.starts()).toHaveLength(1)
})

test('a process that never was ready says nothing when it stops', () => {
  const { one, published } = setUp()
  one.beat(null)
  expect([published, one.starts()]).toEqual([[], []])
})

test('anything else on the channel is ignored', () => {
  const { bus, published, one, two } = setUp()
  two.beat(2)
  const [channel, { frame }] = published[0] as Parameters<BusListener>
  const changed = (fields: object) => JSON.stringify({ ...(JSON.parse(frame.toString()) as object), ...fields })
  const texts = [
    '',
    '{',
    'null',
    '{}',
    changed({ connections: -1 }),
    changed({ process: 'x' }),
    changed({ ageMs: 'x' }),
  ]
  for (const text of [...texts, changed({ connections: 9, more: 'x'.repeat(500) })])
    bus.publish(channel, { epoch: 0, seq: 1, frame: Buffer.from(text) })

  expect(one.connections()).toEqual([2])
})

test('at most 1,000 processes count', () => {
  const { bus, published, one, two } = setUp()
  two.beat(2)
  const [channel] = published[0] as Parameters<BusListener>
  for (let i = 0; i < 1200; i += 1) {
    const frame = Buffer.from(JSON.stringify({ process: crypto.randomUUID(), connections: 1, ageMs: 0 }))
    bus.publish(channel, { epoch: 0, seq: i, frame })
  }
  expect(one.connections()).toHaveLength(1000)
})

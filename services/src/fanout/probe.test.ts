import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Probe } from './probe.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A number: it returns after so many milliseconds. */
type Outcome = number | 'returns' | 'is lost' | 'is refused' | 'is not sent'

/** A probe over channels of which a test says what becomes of a message. */
function setUp(outcomes: Record<string, Outcome>, isSubscribed = true) {
  const published: { channel: string; atMs: number }[] = []
  const failed: number[] = []
  const lateMs: number[] = []
  let open = 0
  const probe: Probe = new Probe({
    publish: (channel, message) => {
      if (outcomes[channel] === 'is not sent') return undefined
      published.push({ channel, atMs: performance.now() })
      expect((open += 1)).toBe(1)
      const outcome = outcomes[channel]
      const returnsMs = outcome === 'returns' ? 0 : outcome
      const isLate = outcome === 'is lost' || Number(outcome) > 2000
      setTimeout(() => (open -= 1), isLate ? 2000 : 0)
      if (outcomes[channel] === 'is refused') return Promise.reject(new Error('NOPERM'))
      if (typeof returnsMs === 'number') setTimeout(() => probe.receive(channel, Buffer.from(message)), returnsMs)
      return Promise.resolve(1)
    },
    isSubscribed: () => isSubscribed,
    onFailed: () => failed.push(performance.now()),
    onLate: (afterMs) => lateMs.push(afterMs),
  })
  const channels = () => published.map(({ channel }) => channel)
  return { probe, outcomes, published, channels, failed, lateMs, start: performance.now() }
}

describe('a probe', () => {
  test('that returns shows that the process is well, and nothing more is published', async () => {
    const { probe, channels, failed } = setUp({ a: 'returns', b: 'returns' })
    for (const channel of ['a', 'b', 'a', 'b']) probe.suspect(channel)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(channels()).toEqual(['a', 'b'])
    expect([probe.trouble, failed]).toEqual([undefined, []])
  })

  test('is published once a second at most, whatever is suspected', async () => {
    const { probe, published } = setUp({ a: 'returns', b: 'returns' })
    for (let i = 0; i < 100; i += 1) {
      probe.suspect(i % 2 ? 'a' : 'b')
      await vi.advanceTimersByTimeAsync(100)
    }
    // From the beginning to the end of 10 s.
    expect(published).toHaveLength(11)
    const gaps = published.slice(1).map(({ atMs }, index) => atMs - (published[index]?.atMs ?? 0))
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(1000)
  })

  test.for([
    ['is lost', 'does not return within 2000 ms', 6000],
    ['is refused', 'NOPERM', 2000],
  ] as const)('that %s three times in a row opens the connections again, at most every 10 s', async (test) => {
    const [outcome, words, afterMs] = test
    const { probe, outcomes, failed, start } = setUp({ a: outcome, b: 'returns' })
    probe.suspect('a')
    probe.suspect('b')
    await vi.advanceTimersByTimeAsync(afterMs - 1)
    expect([probe.trouble, failed]).toEqual([undefined, []])
    await vi.advanceTimersByTimeAsync(1001)
    expect(probe.trouble).toContain(words)
    expect(failed).toHaveLength(1)

    await vi.advanceTimersByTimeAsync(24_000)
    expect(failed.length).toBeGreaterThan(1)
    expect(failed.length).toBeLessThanOrEqual(1 + (performance.now() - start) / 10_000)
    expect(probe.trouble).toContain(words)
    outcomes['a'] = 'returns'
    await vi.advanceTimersByTimeAsync(5000)
    expect(probe.trouble).toBeUndefined()
  })

  test('that is lost opens the connections ever more rarely, from every 10 s to every 5 minutes', async () => {
    const { probe, outcomes, failed } = setUp({ a: 'is lost' })
    const gapsMs = () => failed.slice(1).map((atMs, index) => atMs - (failed[index] ?? 0))
    probe.suspect('a')
    await vi.advanceTimersByTimeAsync(3_600_000)
    const expected = [10, 20, 40, 80, 160, 300, 300].map((seconds) => seconds * 1000)
    for (const [index, leastMs] of expected.entries()) {
      expect(gapsMs()[index]).toBeGreaterThanOrEqual(leastMs)
      // The random part, and the probe that is under way.
      expect(gapsMs()[index]).toBeLessThanOrEqual(1.5 * leastMs + 2000)
    }

    outcomes['a'] = 'returns'
    await vi.advanceTimersByTimeAsync(460_000)
    expect(probe.trouble).toBeUndefined()
    outcomes['a'] = 'is lost'
    failed.length = 0
    probe.suspect('a')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(gapsMs()[0]).toBeLessThanOrEqual(17_000)
  })

  test.for([2100, 5900])('that returns after %i ms shows that Redis is slow, and opens nothing', async (returnsMs) => {
    const { probe, failed, lateMs } = setUp({ a: returnsMs })
    for (let seconds = 0; seconds < 60; seconds += 1) {
      probe.suspect('a')
      await vi.advanceTimersByTimeAsync(1000)
      expect(probe.trouble).toBeUndefined()
    }
    expect(failed).toEqual([])
    expect(lateMs.length).toBeGreaterThan(10)
    expect(new Set(lateMs)).toEqual(new Set([returnsMs]))
  })

  test('that returns after the connections were opened again ends the trouble, and they are opened ever more rarely', async () => {
    const { probe, failed } = setUp({ a: 7500 })
    probe.suspect('a')
    await vi.advanceTimersByTimeAsync(7400)
    expect([probe.trouble, failed.length]).toEqual([expect.stringContaining('does not return'), 1])
    await vi.advanceTimersByTimeAsync(200)
    expect(probe.trouble).toBeUndefined()

    for (let times = 0; times < 20; times += 1) {
      probe.suspect('a')
      await vi.advanceTimersByTimeAsync(30_000)
    }
    // After 10, 20, 40, 80, 160 and 300 s at the earliest.
    expect(failed.length).toBeLessThanOrEqual(6)
  })

  test('that returns in between begins the count again', async () => {
    const { probe, outcomes, failed } = setUp({ a: 'is lost' })
    probe.suspect('a')
    await vi.advanceTimersByTimeAsync(3500)
    outcomes['a'] = 'returns'
    await vi.advanceTimersByTimeAsync(5000)
    outcomes['a'] = 'is lost'
    probe.suspect('a')
    await vi.advanceTimersByTimeAsync(3500)
    expect([probe.trouble, failed]).toEqual([undefined, []])
  })

  test('on a channel that is not subscribed needs only its reply', async () => {
    const { probe, outcomes } = setUp({ a: 'is refused' }, false)
    probe.suspect('a')
    await vi.advanceTimersByTimeAsync(5000)
    expect(probe.trouble).toContain('NOPERM')
    outcomes['a'] = 'is lost'
    await vi.advanceTimersByTimeAsync(5000)
    expect(probe.trouble).toBeUndefined()
  })

  test('says nothing without a connection, or about a channel that is unsubscribed meanwhile', async () => {
    const { probe, outcomes, failed, channels } = setUp({ a: 'is not sent' })
    probe.suspect('a')
    await vi.advanceTimersByTimeAsync(10_000)
    outcomes['a'] = 'is lost'
    await vi.advanceTimersByTimeAsync(1500)
    probe.forget('a')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(channels()).toEqual(['a'])
    expect([probe.trouble, failed]).toEqual([undefined, []])
  })

  test('is not published after the end', async () => {
    const { probe, channels } = setUp({ a: 'is lost' })
    probe.suspect('a')
    probe.close()
    probe.suspect('a')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(channels()).toEqual([])
  })
})

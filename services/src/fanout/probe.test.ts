import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Probe } from './probe.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

type Outcome = 'returns' | 'is lost' | 'is refused' | 'is not sent'

/** A probe over channels of which a test says what becomes of a message. */
function setUp(outcomes: Record<string, Outcome>, isSubscribed = true) {
  const published: { channel: string; atMs: number }[] = []
  const failed: number[] = []
  let open = 0
  const probe: Probe = new Probe({
    publish: (channel, message) => {
      if (outcomes[channel] === 'is not sent') return undefined
      published.push({ channel, atMs: performance.now() })
      expect((open += 1)).toBe(1)
      setTimeout(() => (open -= 1), outcomes[channel] === 'is lost' ? 2000 : 0)
      if (outcomes[channel] === 'is refused') return Promise.reject(new Error('NOPERM'))
      if (outcomes[channel] === 'returns') setTimeout(() => probe.receive(channel, Buffer.from(message)), 0)
      return Promise.resolve(1)
    },
    isSubscribed: () => isSubscribed,
    onFailed: () => failed.push(performance.now()),
  })
  const channels = () => published.map(({ channel }) => channel)
  return { probe, outcomes, published, channels, failed, start: performance.now() }
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

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Revocation, Revocations } from '../store/revocations.ts'
import { Sessions } from './sessions.ts'
import { Tokens } from './tokens.ts'

beforeEach(() => {
  vi.useFakeTimers()
  // The cache takes the time 0 for none.
  vi.advanceTimersByTime(1)
})
afterEach(() => void vi.useRealTimers())

/** Sessions over a store that has the revocations `stored`, and a count of its queries. */
function setUp(stored: Revocation[] = [], purging: Promise<void> = Promise.resolve()) {
  const queries = { find: 0, purge: 0 }
  const windows: number[] = []
  const revocations = {
    find: () => Promise.resolve(((queries.find += 1), stored)),
    added: (withinMs: number) => (windows.push(withinMs), Promise.resolve(stored)),
    purge: () => ((queries.purge += 1), purging),
  } as unknown as Revocations
  const tokens = new Tokens({ secret: 'a secret of more than 32 characters', expirationHours: 24 })
  return { sessions: new Sessions(tokens, revocations), tokens, queries, windows, stored }
}

test('expired revocations are purged about once an hour', async () => {
  const { sessions, queries } = setUp()
  sessions.follow(() => undefined)

  await vi.advanceTimersByTimeAsync(29 * 60_000)
  expect(queries.purge).toBe(0)
  await vi.advanceTimersByTimeAsync(62 * 60_000)
  expect(queries.purge).toBeGreaterThanOrEqual(1)
  expect(queries.purge).toBeLessThanOrEqual(3)
  sessions.stop()
})

test('a token is looked up once a minute, however often it is used', async () => {
  const { sessions, tokens, queries } = setUp()
  const { token, session } = await tokens.sign('alice')

  for (let use = 0; use < 3; use += 1) expect(await sessions.verify(token)).toEqual(session)
  expect(queries.find).toBe(1)

  vi.advanceTimersByTime(59_000)
  await sessions.verify(token)
  expect(queries.find).toBe(1)
  vi.advanceTimersByTime(2000)
  await sessions.verify(token)
  expect(queries.find).toBe(2)
})

test('a token that is revoked elsewhere is refused within a second, although it was looked up before', async () => {
  const { sessions, tokens, stored } = setUp()
  const { token, session } = await tokens.sign('alice')
  await sessions.verify(token)
  sessions.follow(() => undefined)

  stored.push({ kind: 'token', subject: session.tokenId, createdAt: Date.now(), expiresAt: session.expiresAt })
  await vi.advanceTimersByTimeAsync(1000)

  await expect(sessions.verify(token)).rejects.toMatchObject({ code: 'unauthorized' })
  sessions.stop()
})

test('new revocations take effect while expired ones are purged', async () => {
  const { sessions, tokens, queries, stored } = setUp([], new Promise(() => undefined))
  sessions.follow(() => undefined)
  await vi.advanceTimersByTimeAsync(91 * 60_000)
  expect(queries.purge).toBeGreaterThan(0)
  const { token, session } = await tokens.sign('alice')
  await sessions.verify(token)

  stored.push({ kind: 'token', subject: session.tokenId, createdAt: Date.now(), expiresAt: session.expiresAt })
  await vi.advanceTimersByTimeAsync(1000)

  await expect(sessions.verify(token)).rejects.toMatchObject({ code: 'unauthorized' })
  sessions.stop()
})

test('a clock that is set back changes neither the time of the look-ups nor the window of the revocations', async () => {
  const { sessions, tokens, queries, windows } = setUp()
  const { token } = await tokens.sign('alice')
  await sessions.verify(token)
  sessions.follow(() => undefined)
  await vi.advanceTimersByTimeAsync(30_000)
  vi.setSystemTime(Date.now() - 3_600_000)
  await vi.advanceTimersByTimeAsync(31_000)

  await sessions.verify(token)
  expect(queries.find).toBe(2)
  expect(Math.min(...windows)).toBeGreaterThan(10_000)
  sessions.stop()
})

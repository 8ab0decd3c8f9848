import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Revocation, Revocations } from '../store/revocations.ts'
import { Sessions } from './sessions.ts'
import { Tokens } from './tokens.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Sessions over a store that has the revocations `stored`, and a count of its queries. */
function setUp(stored: Revocation[] = []) {
  const queries = { find: 0, purge: 0 }
  const revocations = {
    find: () => Promise.resolve(((queries.find += 1), stored)),
    added: () => Promise.resolve(stored),
    purge: () => Promise.resolve(void (queries.purge += 1)),
  } as unknown as Revocations
  const tokens = new Tokens({ secret: 'a secret of more than 32 characters', expirationHours: 24 })
  return { sessions: new Sessions(tokens, revocations), tokens, queries, stored }
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

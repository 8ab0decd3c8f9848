import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Revocations } from '../store/revocations.ts'
import { Sessions } from './sessions.ts'
import { Tokens } from './tokens.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('what has expired is purged about once an hour', async () => {
  let purged = 0
  const revocations = {
    added: () => Promise.resolve([]),
    purge: () => Promise.resolve(void (purged += 1)),
  } as unknown as Revocations
  const tokens = new Tokens({
    secret: 'a secret of more than 32 characters',
    previousSecret: undefined,
    expirationHours: 1,
  })
  const sessions = new Sessions(tokens, revocations)
  sessions.follow(() => undefined)

  await vi.advanceTimersByTimeAsync(29 * 60_000)
  expect(purged).toBe(0)
  await vi.advanceTimersByTimeAsync(62 * 60_000)
  expect(purged).toBeGreaterThanOrEqual(1)
  expect(purged).toBeLessThanOrEqual(3)
  sessions.stop()
})

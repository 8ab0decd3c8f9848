import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Renewal } from './renewal.ts'
import { signToken } from './token.ts'

const token = () => signToken('a secret of more than 32 characters', 'alice', { lifetimeSeconds: 600 })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a newer token is offered once it is there, until the server has taken it', async () => {
  const [first, second, third] = [token(), token(), token()]
  let [next, isAway] = [first, false]
  const sent: string[] = []
  const renewal = new Renewal(first, {
    next: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(next)),
    send: (text) => sent.push((JSON.parse(text) as { token: string }).token),
  })
  const turn = () => vi.advanceTimersByTimeAsync(150_000)
  await turn()
  expect(sent).toEqual([])
  next = second
  await turn()
  await turn()
  expect([sent, renewal.token]).toEqual([[second, second], first])
  renewal.accepted()
  await turn()
  expect([sent, renewal.token]).toEqual([[second, second], second])
  ;[next, isAway] = [third, true]
  await turn()
  isAway = false
  await turn()
  expect(sent).toEqual([second, second, third])
  renewal.stop()
  await turn()
  expect(sent).toHaveLength(3)
})

test('a token that does not say when it expires is not renewed', () => {
  for (const opaque of ['nonsense', 'a.b.c', signToken('x', 'alice', { lifetimeSeconds: 0 })])
    new Renewal(opaque, { next: () => Promise.resolve(token()), send: () => undefined })
  expect(vi.getTimerCount()).toBe(0)
})

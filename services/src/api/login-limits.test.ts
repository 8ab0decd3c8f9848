import { expect, test } from 'vitest'
import { AppError } from '../support/errors.ts'
import { LoginLimits } from './login-limits.ts'
import type { RateLimit } from './rate-limit.ts'

/** A limit that counts in a map. */
function counted(points: number) {
  const counts = new Map<string, number>()
  const add = (key: string, change: number) => counts.set(key, (counts.get(key) ?? 0) + change)
  const limit: RateLimit = {
    take: (key) => {
      add(key, 1)
      const isOver = (counts.get(key) ?? 0) > points
      return isOver ? Promise.reject(new AppError('rate_limited', 'too many')) : Promise.resolve()
    },
    giveBack: (key) => Promise.resolve(void add(key, -1)),
  }
  return { limit, counts }
}

test('an attempt that one limit refuses uses up no other, except where the user is known', async () => {
  const [attempts, ofAddress, ofUser] = [counted(100), counted(0), counted(10)]
  const known = new Set(['alice home'])
  const limits = new LoginLimits({
    attempts: attempts.limit,
    ofAddress: ofAddress.limit,
    ofUser: ofUser.limit,
    known: {
      has: (user, address) => Promise.resolve(known.has(`${user} ${address}`)),
      add: (user, address) => Promise.resolve(void known.add(`${user} ${address}`)),
    },
  })
  for (let i = 0; i < 20; i += 1)
    await expect(limits.begin('alice', 'elsewhere')).rejects.toMatchObject({ code: 'rate_limited' })
  expect([ofAddress.counts.get('elsewhere'), ofUser.counts.get('alice')]).toEqual([0, 0])
  await limits.begin('alice', 'home')
  await limits.succeeded('alice', 'home')
  expect(ofUser.counts.get('alice')).toBe(0)
})

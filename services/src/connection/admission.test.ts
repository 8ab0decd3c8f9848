import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Admission } from './admission.ts'
import { Users } from './users.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A user who has used up the burst. */
async function spent(): Promise<{ users: Users; tab: Admission }> {
  const users = new Users({ perSecond: 10, burst: 3 })
  const tab = new Admission(users, 'mallory')
  for (let i = 0; i < 3; i += 1) await tab.turn()
  return { users, tab }
}

test.for([
  ['leaves', (connection: Admission) => connection.leave()],
  ['is closed', (connection: Admission) => connection.close(1000)],
] as const)('the wait of a frame ends when its connection %s', async ([, end]) => {
  const { users } = await spent()
  const connection = new Admission(users, 'mallory')
  const turn = connection.turn()
  expect(vi.getTimerCount()).toBe(1)

  void end(connection)
  await turn
  expect(vi.getTimerCount()).toBe(0)
})

test('500 connections that send a frame and leave delay no other connection of their user', async () => {
  const { users, tab } = await spent()
  for (let i = 0; i < 500; i += 1) {
    const connection = new Admission(users, 'mallory')
    const turn = connection.turn()
    connection.leave()
    await turn
  }

  const turned = vi.fn()
  void tab.turn().then(turned)
  await vi.advanceTimersByTimeAsync(99)
  expect(turned).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(turned).toHaveBeenCalledOnce()
})

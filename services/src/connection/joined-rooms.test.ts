import { expect, test } from 'vitest'
import { Semaphore } from '../support/semaphore.ts'
import { JoinedRooms, type JoinedRoomsServices } from './joined-rooms.ts'
import type { Outlet } from './subscription.ts'

test('a replay of a connection that is closed while it waits reads nothing', async () => {
  const reads = new Semaphore(1, 10)
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = reads.run(() => promise)
  const outlet = { isOpen: true }
  const rooms = new JoinedRooms(outlet as Outlet, { reads } as JoinedRoomsServices)
  let queries = 0
  const read = rooms.read(() => Promise.resolve((queries += 1)))

  outlet.isOpen = false
  resolve()
  await first

  await expect(read).rejects.toMatchObject({ code: 'unavailable' })
  expect(queries).toBe(0)
})

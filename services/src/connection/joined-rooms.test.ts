import { expect, test } from 'vitest'
import type { Subscriber } from '../room/subscribers.ts'
import type { Session } from '../session/tokens.ts'
import { Semaphore } from '../support/semaphore.ts'
import { JoinedRooms, type JoinedRoomsServices } from './joined-rooms.ts'
import type { Outlet } from './subscription.ts'

test('a replay of a connection that is closed while it waits reads nothing', async () => {
  const reads = new Semaphore(1, 10)
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = reads.run(() => promise)
  const outlet = { isOpen: true }
  const rooms = new JoinedRooms(outlet as Outlet, { reads } as JoinedRoomsServices, () => undefined)
  let queries = 0
  const read = rooms.read(() => Promise.resolve((queries += 1)))

  outlet.isOpen = false
  resolve()
  await first

  await expect(read).rejects.toMatchObject({ code: 'unavailable' })
  expect(queries).toBe(0)
})

test('whoever is removed from a room that the connection has joined is told of nothing in it', async () => {
  const removed: string[] = []
  const subscribers: Subscriber[] = []
  const key = { id: 1, slug: 'kitchen', channel: 'c' }
  const room = {
    key,
    epoch: 7,
    head: 0,
    watch: (subscriber: Subscriber) => void subscribers.push(subscriber),
    add: () => undefined,
    remove: () => undefined,
  }
  const hub = { enter: () => Promise.resolve(room), leave: () => undefined }
  const services = { hub, rooms: {}, events: {} } as unknown as JoinedRoomsServices
  const outlet = { isOpen: true, send: () => undefined } as unknown as Outlet
  const rooms = new JoinedRooms(outlet, services, (slug) => removed.push(slug))
  const session = { user: 'bob' } as Session
  const admit = () => Promise.resolve({ key, enrol: () => Promise.resolve({ role: 'member' as const, fromSeq: 0 }) })
  for (let i = 0; i < 2; i += 1) await rooms.join('kitchen', { after: undefined, session, admit }, {})

  const [before, now] = subscribers
  before?.removed(1)
  expect([removed, rooms.find('kitchen')]).toEqual([[], room])
  now?.removed(1)
  expect([removed, rooms.find('kitchen')]).toEqual([['kitchen'], undefined])
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FollowedRooms } from '../room/followed-rooms.ts'
import type { Envelope } from '../fanout/envelope.ts'
import type { Ephemeral } from '../fanout/ephemeral.ts'
import type { ServerFrame } from '../protocol/server-frames.ts'
import { FOLLOW_BYTES, FOLLOWED_ROOM_BYTES, ROOM_LINGER_MS } from '../support/limits.ts'
import type { FeedServices } from './feed-services.ts'
import { Feed } from './feed.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const key = (id: number) => ({ id, slug: `room${id}`, channel: `c${id}` })
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

/** Connections of one process, and a Redis that passes on what the test says. */
function setUp({ maxBytes = 1_000_000, isOn = true } = {}) {
  const subscribed = new Set<string>()
  const own: string[] = []
  const events: ((channel: string, envelope: Envelope) => void)[] = []
  const ephemeral: ((channel: string, message: Ephemeral) => void)[] = []
  const bus = {
    onEnvelope: (listener: (typeof events)[0]) => void events.push(listener),
    onEphemeral: (listener: (typeof ephemeral)[0]) => void ephemeral.push(listener),
    subscribe: (...channels: readonly string[]) => {
      channels.forEach((channel) => subscribed.add(channel))
      return Promise.resolve()
    },
    unsubscribe: (channel: string) => void subscribed.delete(channel),
  }
  const members = new Map<number, Map<string, number>>()
  const failures: unknown[] = []
  let isDown = false
  const followed = new FollowedRooms({
    bus,
    maxBytes,
    onOwnMessage: ({ slug }, { user }) => own.push(`${user} ${slug}`),
    membersOf: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve(members)),
    onError: (error) => failures.push(error),
  })
  const watches: string[][] = []
  const presence = {
    connected: () => undefined,
    disconnected: () => undefined,
    watch: (_: unknown, users: ReadonlySet<string>) => void watches.push([...users]),
    stateOf: () => 'online',
  }
  const services = {
    features: { isOn },
    followed,
    presence,
    marks: { hurry: () => undefined },
    userInboxes: { leave: () => undefined },
  } as unknown as FeedServices
  const connect = (user: string) => {
    const frames: ServerFrame[] = []
    const outlet = {
      isOpen: true,
      isSlow: false,
      drained: () => Promise.resolve(),
      atMost: (bytes: number) => bytes,
      send: (frame: ServerFrame) => void frames.push(frame),
    }
    const feed = new Feed({ user, userId: 1 }, outlet, services)
    return { feed, outlet, frames }
  }
  const learn = (id: number) =>
    followed.learn([
      {
        ...key(id),
        epoch: 1,
        lastSeq: 0,
        lastMessageNo: 0,
        expiredNo: 0,
        rules: { kind: 'group', join: 'invite', post: 'everyone', history: 'all' },
      },
    ])
  /** Follows as the answer to `sync` does. */
  const follow = (feed: Feed, id: number, readNo = 0) => {
    const found = feed.follow(key(id))
    if (found) Object.assign(found, { readNo, counted: { epoch: 1, seq: 0 } })
    learn(id)
    return found
  }
  const message = (id: number, seq: number, fields: object = {}) => {
    const frame = { type: 'event', room: `room${id}`, epoch: 1, seq, kind: 'message', sender: 'carol', messageNo: seq }
    const payload = Buffer.from(JSON.stringify({ ...frame, ...fields }))
    for (const listener of events) listener(`c${id}`, { epoch: 1, seq, frame: payload })
  }
  const tell = (id: number, said: Ephemeral) => ephemeral.forEach((listener) => listener(`c${id}`, said))
  const fail = (fails: boolean) => void (isDown = fails)
  return { connect, follow, message, tell, watches, followed, subscribed, own, members, fail, failures }
}

test('a connection hears of rooms that it has not joined at most once a second, of each the latest state', async () => {
  const { connect, follow, message } = setUp()
  const { feed, frames } = connect('alice')
  for (let id = 1; id <= 300; id += 1) follow(feed, id)

  for (let at = 1; at <= 50; at += 1) {
    message(1, at)
    message(2, at)
    await pass(100)
  }
  message(300, 1)
  await pass(2000)

  expect(frames.length).toBeLessThanOrEqual(7)
  expect(frames.every(({ type }) => type === 'unread')).toBe(true)
  const rooms = frames.flatMap((frame) => (frame.type === 'unread' ? frame.rooms : []))
  expect(rooms.findLast(({ room }) => room === 'room1')).toEqual({ room: 'room1', seq: 50, unread: 50, mentions: 0 })
  expect(rooms.findLast(({ room }) => room === 'room300')).toEqual({ room: 'room300', seq: 1, unread: 1, mentions: 0 })
  expect(rooms.length).toBeLessThan(20)
})

test('a connection that reads slowly gets the latest state once it reads again', async () => {
  const { connect, follow, message } = setUp()
  const { feed, frames, outlet } = connect('alice')
  follow(feed, 1)
  outlet.isSlow = true
  for (let at = 1; at <= 20; at += 1) {
    message(1, at)
    await pass(1000)
  }
  expect(frames).toEqual([])
  outlet.isSlow = false
  await pass(2000)
  expect(frames).toEqual([{ type: 'unread', rooms: [{ room: 'room1', seq: 20, unread: 20, mentions: 0 }] }])
})

test('unread is absent while pods of the release before may run', async () => {
  const { connect, follow, message } = setUp({ isOn: false })
  const { feed, frames } = connect('alice')
  follow(feed, 1)
  message(1, 1, { messageNo: undefined })
  await pass(1000)
  expect(frames).toEqual([{ type: 'unread', rooms: [{ room: 'room1', seq: 1 }] }])
})

test('who has joined a room hears who types and reads there, and counts by itself', async () => {
  const { connect, follow, message, tell } = setUp()
  const [alice, tab, bob] = [connect('alice'), connect('alice'), connect('bob')]
  for (const { feed } of [alice, tab, bob]) follow(feed, 1)
  alice.feed.join(key(1))
  bob.feed.join(key(1))

  tell(1, { is: 'typing', user: 'bob' })
  tell(1, { is: 'read', user: 'bob', seq: 1 })
  message(1, 1)
  await pass(1000)
  expect(alice.frames).toEqual([
    { type: 'typing', room: 'room1', user: 'bob' },
    { type: 'read', room: 'room1', user: 'bob', seq: 1 },
  ])
  expect(bob.frames).toEqual([])
  expect(tab.frames).toMatchObject([{ type: 'unread', rooms: [{ unread: 1 }] }])

  tell(1, { is: 'marked', user: 'alice', seq: 1, no: 1, mentions: 0 })
  await pass(1000)
  expect(alice.frames.at(-1)).toEqual({ type: 'unread', rooms: [{ room: 'room1', seq: 1, unread: 0, mentions: 0 }] })
  expect(tab.frames.at(-1)).toEqual(alice.frames.at(-1))
})

test('of a room where thousands type a connection hears a bounded number', async () => {
  const { connect, tell } = setUp()
  const { feed, frames } = connect('alice')
  feed.join(key(1))
  for (let i = 0; i < 5000; i += 1) tell(1, { is: 'typing', user: `user${i}` })
  expect(frames).toHaveLength(50)
  await pass(1100)
  tell(1, { is: 'typing', user: 'bob' })
  expect(frames).toHaveLength(51)
})

test('who is removed is told of nothing more, also by an entry of the inbox alone', async () => {
  const { connect, follow, message } = setUp()
  const { feed, frames } = connect('alice')
  follow(feed, 1)
  follow(feed, 2)
  message(1, 1, { kind: 'member', messageNo: undefined, data: { user: 'alice', change: 'removed' } })
  feed.onEntries([{ no: 1, kind: 'removed', room: 'room2', at: 1 }], false)
  await pass(1000)
  frames.splice(0)
  message(1, 2)
  message(2, 1)
  await pass(5000)
  expect(frames).toEqual([])
})

test('of a room whose events were lost only its members are told', async () => {
  const { connect, follow, followed, members } = setUp()
  const [alice, bob] = [connect('alice'), connect('bob')]
  for (const { feed } of [alice, bob]) follow(feed, 1)
  members.set(1, new Map([['bob', 0]]))
  followed.expect({ id: 1, epoch: 1, lastSeq: 3, last: undefined, lastMessageNo: 3 })
  await pass(1000)
  expect(alice.frames).toEqual([])
  expect(bob.frames).toEqual([{ type: 'unread', rooms: [{ room: 'room1', seq: 3, unread: 3, mentions: 0 }] }])
  expect(followed.follows).toBe(1)
})

test.for([
  ['was lost', () => undefined],
  ['was overtaken', (remove: () => void) => remove()],
] as const)('whose removal %s hears nothing more', async ([, late]) => {
  const { connect, follow, message, followed, members } = setUp()
  const [alice, bob] = [connect('alice'), connect('bob')]
  for (const { feed } of [alice, bob]) follow(feed, 1)
  members.set(1, new Map([['bob', 0]]))
  message(1, 2)
  late(() => message(1, 1, { kind: 'member', messageNo: undefined, data: { user: 'alice', change: 'removed' } }))
  await pass(500)
  followed.expect({ id: 1, epoch: 1, lastSeq: 2, last: undefined, lastMessageNo: 2 })
  await pass(1000)
  expect(alice.frames).toEqual([])
  expect(bob.frames).toMatchObject([{ rooms: [{ seq: 2 }] }])
  expect(followed.follows).toBe(1)
})

test('memberships that could not be read are read again, and nobody is told before', async () => {
  const { connect, follow, message, followed, members, fail, failures } = setUp()
  const { feed, frames } = connect('alice')
  follow(feed, 1)
  members.set(1, new Map([['alice', 0]]))
  const head = { id: 1, epoch: 1, lastSeq: 3, last: undefined, lastMessageNo: 3 }
  fail(true)
  followed.expect(head)
  message(1, 4)
  await pass(2000)
  expect(failures).toHaveLength(1)
  expect(frames).toEqual([])
  fail(false)
  followed.expect(head)
  await pass(1000)
  expect(frames).toEqual([{ type: 'unread', rooms: [{ room: 'room1', seq: 4, unread: 4, mentions: 0 }] }])
})

test('the memory of follows has a bound, and is free again when connections close', async () => {
  const { connect, follow, followed, subscribed } = setUp({ maxBytes: 3 * FOLLOWED_ROOM_BYTES + 4 * FOLLOW_BYTES })
  const [one, two] = [connect('alice'), connect('bob')]
  expect([1, 2, 3, 4].map((id) => follow(one.feed, id) !== undefined)).toEqual([true, true, true, false])
  expect([1, 2].map((id) => follow(two.feed, id) !== undefined)).toEqual([true, false])
  await pass(1)
  expect([...subscribed]).toEqual(['c1', 'c2', 'c3'])

  one.feed.close()
  two.feed.close()
  expect(followed.follows).toBe(0)
  await pass(ROOM_LINGER_MS / 2)
  // A client that comes back finds the room as it was.
  expect(followed.size).toBe(3)
  const three = connect('alice')
  follow(three.feed, 1)
  await pass(2 * ROOM_LINGER_MS)
  expect([followed.size, [...subscribed]]).toEqual([1, ['c1']])
})

test('of many watches in a second the first takes effect, and then the last', async () => {
  const { connect, watches } = setUp()
  const { feed, frames } = connect('alice')
  for (let i = 0; i < 50; i += 1) feed.watch(new Set([`user${i}`]))
  expect(watches).toEqual([['user0']])
  await pass(2000)
  expect(watches).toEqual([['user0'], ['user49']])
  expect(frames.at(-1)).toEqual({ type: 'presence', user: 'user49', state: 'online' })

  feed.watch(new Set(['user1']))
  feed.watch(new Set(['user2']))
  feed.close()
  await pass(2000)
  expect(watches.slice(2)).toEqual([['user1'], []])
})

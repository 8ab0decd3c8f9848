import { expect, test } from 'vitest'
import type { StoredEvent } from '../protocol/events.ts'
import { eventFrame } from '../protocol/server-frames.ts'
import type { RoomState } from '../store/room-states.ts'
import { FollowedRoom, type Follow, type Follower } from './followed-room.ts'

const KEY = { id: 1, slug: 'kitchen', channel: 'c' }
const STATE: RoomState = {
  ...KEY,
  epoch: 7,
  lastSeq: 10,
  lastMessageNo: 8,
  expiredNo: 0,
  rules: { kind: 'group', join: 'invite', post: 'everyone', history: 'all' },
}

/** A room whose last event is 10, with a follower for each user, whose read mark is given. */
function setUp(marks: Readonly<Record<string, number>>) {
  const own: string[] = []
  const told: string[] = []
  const removed: string[] = []
  const room = new FollowedRoom(KEY, ({ user, seq }) => own.push(`${user} ${seq}`))
  room.learn(STATE)
  const follows = Object.entries(marks).map(([user, readNo]): Follow => {
    const follower: Follower = {
      user,
      userId: 1,
      onChanged: (_, isMarked) => told.push(`${user}${isMarked === true ? ' marked' : ''}`),
      onRemoved: () => removed.push(user),
      onOther: () => undefined,
    }
    const follow = { room, follower, isJoined: false, readNo, mentions: 0, counted: { epoch: 7, seq: 10 } }
    room.follows.set(follower, follow)
    return follow
  })
  const unread = () => follows.map((follow) => room.unreadOf(follow))
  return { room, follows, unread, own, told, removed }
}

function frame(seq: number, fields: Partial<StoredEvent> = {}, epoch = 7): Buffer {
  const event = { seq, kind: 'message', sender: 'carol', clientId: `c${seq}`, body: 'hello', at: 1, ...fields }
  return eventFrame('kitchen', epoch, event)
}

test('a message makes the room unread by one, an event without a message number does not', () => {
  const { room, unread } = setUp({ alice: 8, bob: 5 })
  expect(unread()).toEqual([0, 3])

  expect(room.receive(7, 11, frame(11, { messageNo: 9 }))).toBe('news')
  expect(room.receive(7, 12, frame(12, { kind: 'reaction' }))).toBe('news')
  expect(unread()).toEqual([1, 4])
  expect(room.state).toMatchObject({ lastSeq: 12, lastMessageNo: 9 })
})

test('an event that arrives again, or from before a restore, changes nothing', () => {
  const { room, unread } = setUp({ alice: 8 })
  expect(room.receive(7, 10, frame(10, { messageNo: 99 }))).toBe('nothing')
  expect(room.receive(6, 11, frame(11, { messageNo: 99 }, 6))).toBe('nothing')
  expect(unread()).toEqual([0])
})

test('the own message moves the mark only if the mark stood directly before it', () => {
  const { room, unread, own } = setUp({ alice: 8, bob: 7 })
  room.receive(7, 11, frame(11, { messageNo: 9, sender: 'alice' }))
  room.receive(7, 12, frame(12, { messageNo: 10, sender: 'bob' }))

  expect(unread()).toEqual([1, 3])
  expect(own).toEqual(['alice 11'])
})

test('mentions count for those who are named, and for everyone', () => {
  const { room, follows } = setUp({ alice: 8, bob: 8 })
  room.receive(7, 11, frame(11, { messageNo: 9, data: { mentions: ['bob'] } }))
  room.receive(7, 12, frame(12, { messageNo: 10, data: { mentionsAll: true } }))
  room.receive(7, 13, frame(13, { messageNo: 11, data: { mentions: [] } }))
  expect(follows.map(({ mentions }) => mentions)).toEqual([1, 2])
})

test('a mark that the database has goes to all connections of its user, and never back', () => {
  const { room, unread, told } = setUp({ alice: 2, bob: 2 })
  room.marked('alice', 8, 0)
  room.marked('alice', 5, 3)
  expect(unread()).toEqual([0, 6])
  expect(told).toEqual(['alice marked'])
})

test('what has expired is not unread', () => {
  const { room, unread } = setUp({ alice: 2 })
  expect(room.expect({ epoch: 7, lastSeq: 10, last: undefined, lastMessageNo: 8, expiredNo: 6 })).toBe(true)
  expect(unread()).toEqual([2])
})

test('who is removed or leaves is told of nothing more', () => {
  const { room, removed } = setUp({ alice: 8, bob: 8, dave: 8 })
  const member = (seq: number, change: string, user: string) =>
    room.receive(7, seq, frame(seq, { kind: 'member', body: '', data: { user, change } }))
  member(11, 'removed', 'bob')
  member(12, 'left', 'dave')
  member(13, 'muted', 'alice')
  expect(removed).toEqual(['bob', 'dave'])
})

test('an event that was overtaken counts once, and a removal is to be checked', () => {
  const { room, follows, unread, removed } = setUp({ alice: 8 })
  const late = frame(11, { messageNo: 9, data: { mentions: ['alice'] } })
  expect(room.receive(7, 13, frame(13, { kind: 'reaction' }))).toBe('doubtful')
  expect([room.receive(7, 11, late), room.receive(7, 11, late)]).toEqual(['news', 'nothing'])
  expect([unread(), follows[0]?.mentions]).toEqual([[1], 1])
  const removal = frame(12, { kind: 'member', body: '', data: { user: 'alice', change: 'removed' } })
  expect([room.receive(7, 12, removal), removed]).toEqual(['doubtful', []])
})

test('a mention that the database has counted counts no more when its event comes late', () => {
  const { room, follows } = setUp({ alice: 8, bob: 8 })
  room.learn({ ...STATE, lastSeq: 11, lastMessageNo: 9 })
  follows[0]!.counted = { epoch: 7, seq: 11 }
  room.receive(7, 11, frame(11, { messageNo: 9, data: { mentionsAll: true } }))
  expect(follows.map(({ mentions }) => mentions)).toEqual([0, 1])
})

test('of a room that was read from the database only its first follower has missed nothing', () => {
  const { room } = setUp({ alice: 8 })
  expect(room.learn(STATE)).toBe(false)
  expect(room.learn({ ...STATE, lastSeq: 11 })).toBe(true)
})

test('a head of a room that nothing was known of is news', () => {
  const room = new FollowedRoom(KEY, () => undefined)
  expect(room.expect({ epoch: 7, lastSeq: 3, last: undefined })).toBe(true)
  expect(room.expect({ epoch: 7, lastSeq: 3, last: undefined })).toBe(false)
})

test.for([
  ['an event', (room: FollowedRoom) => room.receive(8, 6, frame(6, { messageNo: 5 }, 8)) === 'doubtful'],
  ['a head', (room: FollowedRoom) => room.expect({ epoch: 8, lastSeq: 6, last: undefined, lastMessageNo: 5 })],
] as const)('after %s of another epoch the numbers of the epoch before count no more', ([, raise]) => {
  const { room, unread } = setUp({ alice: 8 })
  expect(raise(room)).toBe(true)
  room.checked(['alice'], new Map([['alice', 2]]))
  expect(unread()).toEqual([3])
})

test.for([
  ['settings change', (room: FollowedRoom) => room.receive(7, 11, frame(11, { kind: 'settings' }))],
  ['an event has another epoch', (room: FollowedRoom) => room.receive(8, 1, frame(1, {}, 8))],
  [
    'the database has another epoch',
    (room: FollowedRoom) => room.expect({ epoch: 8, lastSeq: 4, last: undefined, lastMessageNo: 4 }),
  ],
] as const)('the room is read from the database again when %s', ([, change]) => {
  const { room } = setUp({})
  expect(room.state).toEqual(STATE)
  change(room)
  expect(room.state).toBeUndefined()
  room.learn({ ...STATE, epoch: 8, lastSeq: 20 })
  expect(room.state).toMatchObject({ epoch: 8, lastSeq: 20 })
})

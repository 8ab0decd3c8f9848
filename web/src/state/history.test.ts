import { expect, test } from 'vitest'
import { EMPTY, historyOf, MAX_HELD, withEvent, withNewer, withOlder, type History } from './history.ts'
import type { RoomEvent } from './messages.ts'

const message = (seq: number): RoomEvent => ({
  seq,
  kind: 'message',
  sender: 'anna',
  clientId: `m${seq}`,
  body: `text ${seq}`,
  at: seq,
})
const between = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i))
const ends = ({ messages }: History) => [messages[0]?.seq, messages.at(-1)?.seq, messages.length]
const newest = historyOf({ events: between(951, 1000), hasMore: true }, 0)

test('the newest page is the end, unless a message has come while it was read', () => {
  expect(newest).toMatchObject({ hasMore: true, hasMoreAfter: false, newestSeq: 1000 })
  expect(historyOf({ events: between(951, 1000), hasMore: true }, 1001)).toMatchObject({ hasMoreAfter: true })
})

test('however far the user walks, the page holds the same number of messages, without gaps', () => {
  let history = newest
  for (let first = 951; first > 1; first -= 50)
    history = withOlder(history, { events: between(first - 50, first - 1), hasMore: first > 51 })
  expect(ends(history)).toEqual([1, MAX_HELD, MAX_HELD])
  expect(history).toMatchObject({ hasMore: false, hasMoreAfter: true })
  while (history.hasMoreAfter) {
    const last = history.messages.at(-1)?.seq ?? 0
    history = withNewer(history, { events: between(last - 49, last + 50), hasMore: true, hasMoreAfter: last < 950 })
  }
  expect(ends(history)).toEqual([1001 - MAX_HELD, 1000, MAX_HELD])
  expect(history.hasMore).toBe(true)
})

test('a new message that does not follow what is held is noted, and is loaded later', () => {
  const middle = historyOf({ events: between(400, 450), hasMore: true, hasMoreAfter: true }, 0)
  const noted = withEvent(middle, message(1001), false)
  expect(noted).toMatchObject({ messages: middle.messages, newestSeq: 1001, hasMoreAfter: true })
  const last = withNewer(noted, { events: between(401, 1000), hasMore: true, hasMoreAfter: false })
  expect(last.hasMoreAfter).toBe(true)
})

test('new messages take the place of the oldest ones only while the user is at the end', () => {
  const full = historyOf({ events: between(1, MAX_HELD), hasMore: false }, 0)
  const next = message(MAX_HELD + 1)
  expect(ends(withEvent(full, next, true))).toEqual([2, MAX_HELD + 1, MAX_HELD])
  expect(withEvent(full, next, true).hasMore).toBe(true)
  expect(withEvent(full, next, false)).toMatchObject({ messages: full.messages, hasMoreAfter: true })
})

test('a change of a message that is held is applied wherever the user is', () => {
  const middle = historyOf({ events: between(1, 3), hasMore: false, hasMoreAfter: true }, 0)
  const edit = { ...message(9), kind: 'edit', target: 2, body: 'new' }
  expect(withEvent(middle, edit, false).messages[1]).toMatchObject({ body: 'new' })
  expect(withEvent(EMPTY, message(1), true).messages).toHaveLength(1)
})

import { expect, test } from 'vitest'
import { applied, merged, type Messages, type RoomEvent } from './messages.ts'

const message = (seq: number, more: Partial<RoomEvent> = {}): RoomEvent => ({
  seq,
  kind: 'message',
  sender: 'anna',
  clientId: `m${seq}`,
  body: `text ${seq}`,
  at: seq * 1000,
  ...more,
})
const change = (seq: number, kind: string, target: number, more: Partial<RoomEvent> = {}): RoomEvent =>
  message(seq, { kind, target, body: '', ...more })
const all = (...events: RoomEvent[]): Messages => events.reduce<Messages>(applied, [])

test('messages stand in the order of their numbers, each once', () => {
  const live = all(message(4), message(5))
  const messages = merged(live, [message(2), message(4), message(3)])
  expect(messages.map(({ seq }) => seq)).toEqual([2, 3, 4, 5])
})

test('an edit replaces the text, and an older one that comes later does not', () => {
  const messages = all(message(1), change(3, 'edit', 1, { body: 'new' }), change(2, 'edit', 1, { body: 'old' }))
  expect(messages).toMatchObject([{ body: 'new', editedAt: 3000, changedSeq: 3 }])
})

test('a page that was read before a change does not undo it', () => {
  const live = all(message(1), change(3, 'recall', 1))
  expect(merged(live, [message(1, { changedSeq: 2 })])).toMatchObject([{ body: '', gone: 'recalled' }])
})

test('a recall takes the text, the reactions and the pin', () => {
  const add = { change: 'add' }
  const messages = all(
    message(1),
    change(2, 'reaction', 1, { data: { reaction: '👍', ...add } }),
    change(3, 'pin', 1, { data: add }),
    change(4, 'recall', 1),
  )
  expect(messages).toMatchObject([{ body: '', gone: 'recalled', reactions: {}, pinnedAt: undefined }])
})

test('reactions are counted up and down, and go at 0', () => {
  const react = (seq: number, reaction: string, change: string) =>
    message(seq, { kind: 'reaction', target: 1, body: '', data: { reaction, change } })
  const two = all(message(1), react(2, '👍', 'add'), react(3, '👍', 'add'), react(4, '🎉', 'add'))
  expect(two[0]?.reactions).toEqual({ '👍': 2, '🎉': 1 })
  expect([react(5, '🎉', 'remove'), react(6, '👍', 'remove')].reduce(applied, two)[0]?.reactions).toEqual({ '👍': 1 })
})

test('a range that has expired loses its texts', () => {
  const messages = all(message(1), message(2), message(3), message(4, { kind: 'expired', data: { from: 1, upTo: 2 } }))
  expect(messages.map(({ body, gone }) => [body, gone])).toEqual([
    ['', 'expired'],
    ['', 'expired'],
    ['text 3', undefined],
  ])
})

test('unknown kinds, and changes of messages that are not there, change nothing', () => {
  const messages = all(message(1))
  expect(all(message(1), change(2, 'edit', 9), message(3, { kind: 'poll' }))).toEqual(messages)
})

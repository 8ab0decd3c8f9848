import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../client/index.ts'
import { ChatRoom } from './chat-room.ts'
import { RoomView, wordsOf, type ViewEvent } from './room-view.ts'
import { Seat } from './seat.ts'

const room = new ChatRoom({ slug: 'r', id: 1, kind: 'group', owner: 'olga', admin: 'adam', guest: 'gina' })
const event = (seq: number, epoch = 7): ChatEvent => ({
  room: 'r',
  epoch,
  seq,
  kind: 'message',
  sender: 'olga',
  clientId: `c${seq}`,
  body: 'x',
  at: 1,
})

describe('a seat finds', () => {
  test.for([
    ['a repeated event', [1, 2, 2], 'a second time'],
    ['an event that comes late', [1, 3, 2], 'out of order'],
    ['one from before the join', [0], 'out of order'],
  ] as const)('%s', ([, seqs, words]) => {
    const seat = new Seat(room, 'gina')
    seat.start = { epoch: 7, seq: 0 }
    const faults = seqs.map((seq) => seat.receive(event(seq)))
    expect(faults.at(-1)).toContain(words)
    expect(faults.slice(0, -1)).toEqual(seqs.slice(1).map(() => undefined))
  })

  test('an event of another epoch, and one after the end of the membership', () => {
    const seat = new Seat(room, 'gina')
    seat.start = { epoch: 7, seq: 0 }
    expect(seat.receive(event(1, 8))).toContain('with the epoch 8 and not 7')
    seat.isEnded = true
    expect(seat.receive(event(1))).toContain('after the end of the membership')
  })
})

test('a view comes to the same state live and from present forms, whichever changes were seen', () => {
  const of = (seq: number, kind: string, more: Partial<ViewEvent> = {}): ViewEvent => ({
    seq,
    kind,
    sender: 'olga',
    clientId: `c${seq}`,
    body: '',
    ...more,
  })
  const react = (seq: number, change: 'add' | 'remove') =>
    of(seq, 'reaction', { target: 1, data: { reaction: 'ok', change } })
  const changes = [
    of(2, 'edit', { target: 1, body: 'second' }),
    react(3, 'add'),
    react(4, 'add'),
    react(5, 'remove'),
    of(6, 'pin', { target: 1, data: { change: 'add' } }),
  ]
  const [live, late, gone] = [new RoomView(), new RoomView(), new RoomView()]
  for (const one of [of(1, 'message', { body: 'first' }), ...changes]) live.apply(one)
  const present = { body: 'second', changedSeq: 6, editedAt: 2, pinnedAt: 6, reactions: { ok: 1 } }
  for (const one of [of(1, 'message', present), ...changes]) late.apply(one)
  const words = [live, late].map(({ messages }) => [...messages.values()].map(wordsOf))
  expect(words[0]).toEqual(['c1 of olga: "second" [edited, pinned] {ok 1}'])
  expect(words[1]).toEqual(words[0])
  for (const one of [of(1, 'message', present), of(7, 'recall', { target: 1 })]) gone.apply(one)
  expect([...gone.messages.values()].map(wordsOf)).toEqual(['c1 of olga: "" [edited, recalled] {}'])
})

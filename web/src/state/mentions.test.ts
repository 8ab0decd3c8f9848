import { expect, test, vi } from 'vitest'
import type { HistoryPage } from './history.ts'
import { Mentions } from './mentions.ts'
import type { RoomEvent } from './messages.ts'

const message = (seq: number, data: RoomEvent['data'] = {}): RoomEvent => ({
  seq,
  kind: 'message',
  sender: 'anna',
  clientId: `m${seq}`,
  body: `text ${seq}`,
  at: seq,
  data,
})
const ofMe = { mentions: ['me'] }
const empty = () => Promise.resolve<HistoryPage>({ events: [], hasMore: false })
const seqs = ({ list }: Mentions) => list.value.map(({ room, message: { seq } }) => `${room} ${seq}`)

/** 1000 messages, of which those with these numbers name the user. */
function roomWith(...named: number[]) {
  const read = vi.fn<(room: string, query: string) => Promise<HistoryPage>>((_room, query) => {
    const end = Number(new URLSearchParams(query).get('before') ?? 1001) - 1
    const events = Array.from({ length: 200 }, (_, i) => message(end - 199 + i)).map((one) =>
      named.includes(one.seq) ? { ...one, data: ofMe } : one,
    )
    return Promise.resolve({ events, hasMore: end > 200 })
  })
  return { read, mentions: new Mentions('me', read) }
}

test('the mentions that are not read are found page by page, the newest first', async () => {
  const { read, mentions } = roomWith(500, 790)
  await mentions.load([
    { room: 'kitchen', readSeq: 490, mentions: 2 },
    { room: 'quiet', readSeq: 0, mentions: 0 },
  ])
  expect(seqs(mentions)).toEqual(['kitchen 790', 'kitchen 500'])
  expect(read.mock.calls.map(([room]) => room)).toEqual(['kitchen', 'kitchen', 'kitchen'])
})

test('no page before the read mark is asked for, and of a very long room five are', async () => {
  const marked = roomWith(900)
  await marked.mentions.load([{ room: 'kitchen', readSeq: 850, mentions: 3 }])
  expect(marked.read).toHaveBeenCalledTimes(1)
  const long = roomWith(1)
  await long.mentions.load([{ room: 'kitchen', readSeq: 0, mentions: 9 }])
  expect(long.read).toHaveBeenCalledTimes(5)
})

test('of what the page reads, messages that name the user or everyone are kept, and own ones are not', () => {
  const mentions = new Mentions('me', empty)
  const own = { ...message(4, { mentionsAll: true }), sender: 'me' }
  mentions.hold('kitchen', [message(1), message(2, ofMe), message(3, { mentionsAll: true }), own])
  mentions.onEvent('garden', message(9, ofMe))
  expect(seqs(mentions)).toEqual(['garden 9', 'kitchen 3', 'kitchen 2'])
})

test('an edit changes the text of a mention; a recall, and the end of the membership, remove it', () => {
  const mentions = new Mentions('me', empty)
  mentions.hold('kitchen', [message(1, ofMe), message(2, ofMe)])
  mentions.onEvent('kitchen', { ...message(3), kind: 'edit', target: 1, body: 'new' })
  mentions.onEvent('kitchen', { ...message(4), kind: 'recall', target: 2, body: '' })
  expect(mentions.list.value).toMatchObject([{ room: 'kitchen', message: { seq: 1, body: 'new' } }])
  mentions.forget('kitchen')
  expect(mentions.list.value).toEqual([])
})

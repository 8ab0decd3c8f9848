import { expect, test, vi } from 'vitest'
import { Mentions } from './mentions.ts'
import type { RoomEvent } from './messages.ts'
import type { PageSession } from './session.ts'

const message = (seq: number): RoomEvent & { room: string } => ({
  room: 'kitchen',
  seq,
  kind: 'message',
  sender: 'anna',
  clientId: `m${seq}`,
  body: `text ${seq}`,
  at: seq,
  data: { mentions: ['me'] },
})
const seqs = ({ list }: Mentions) => list.value.map(({ room, message: { seq } }) => `${room} ${seq}`)

/** A server with these pages; the cursor of a page is its index. */
function mentionsOf(pages: readonly (readonly RoomEvent[])[]) {
  const call = vi.fn<(method: string, path: string) => Promise<unknown>>((_method, path) => {
    const index = Number(new URL(path, 'http://x').searchParams.get('cursor') ?? 0)
    const next = index + 1 < pages.length ? { next: String(index + 1) } : {}
    return Promise.resolve({ mentions: pages[index] ?? [], ...next })
  })
  return { call, mentions: new Mentions(call as PageSession['call']) }
}

test('are read page by page, and anew from the beginning', async () => {
  const { mentions } = mentionsOf([[message(9), message(8)], [{ ...message(3), room: 'garden' } as RoomEvent]])
  await mentions.load()
  expect([seqs(mentions), mentions.hasMore.value]).toEqual([['kitchen 9', 'kitchen 8'], true])
  await mentions.more()
  expect([seqs(mentions), mentions.hasMore.value]).toEqual([['kitchen 9', 'kitchen 8', 'garden 3'], false])
  await mentions.more()
  expect(seqs(mentions)).toHaveLength(3)
  await mentions.load()
  expect([seqs(mentions), mentions.hasMore.value]).toEqual([['kitchen 9', 'kitchen 8'], true])
})

test('a recall while older ones are read holds', async () => {
  const { mentions } = mentionsOf([[message(9), message(8)], [message(3)]])
  await mentions.load()
  const more = mentions.more()
  mentions.onEvent('kitchen', { ...message(10), kind: 'recall', target: 9, body: '' })
  await more
  expect(seqs(mentions)).toEqual(['kitchen 8', 'kitchen 3'])
})

test('pages that have nothing are passed over, ten at a time', async () => {
  const { call, mentions } = mentionsOf([...Array.from({ length: 14 }, () => []), [message(1)]])
  await mentions.load()
  expect(call).toHaveBeenCalledTimes(10)
  expect([seqs(mentions), mentions.hasMore.value]).toEqual([[], true])
  await mentions.more()
  expect([seqs(mentions), mentions.hasMore.value]).toEqual([['kitchen 1'], false])
})

test('an edit changes the text of one; a recall, and the end of the membership, remove it', async () => {
  const { mentions } = mentionsOf([[message(2), message(1)]])
  await mentions.load()
  mentions.onEvent('garden', { ...message(3), kind: 'recall', target: 1, body: '' })
  mentions.onEvent('kitchen', { ...message(3), kind: 'edit', target: 1, body: 'new' })
  mentions.onEvent('kitchen', { ...message(4), kind: 'recall', target: 2, body: '' })
  expect(mentions.list.value).toMatchObject([{ room: 'kitchen', message: { seq: 1, body: 'new' } }])
  mentions.forget('kitchen')
  expect(mentions.list.value).toEqual([])
})

import { ApiError } from '@chat-app/services/client'
import { eventually } from '@chat-app/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { OutboxMessage } from './drafts.ts'
import { Outbox } from './outbox.ts'

const message = (room: string, clientId: string): OutboxMessage => ({ room, clientId, body: clientId, at: 0 })
const unavailable = () => new ApiError(503, { code: 'unavailable', message: 'not now' })

function outboxOf(store: (message: OutboxMessage) => Promise<unknown>) {
  const changes = vi.fn<() => void>()
  const outbox = new Outbox(store, changes)
  onTestFinished(() => outbox.stop())
  return { outbox, changes }
}

test('messages of a room are sent one after the other, in their order', async () => {
  const stored: string[] = []
  let inFlight = 0
  const { outbox } = outboxOf(async ({ clientId }) => {
    inFlight += 1
    expect(inFlight).toBe(1)
    await Promise.resolve()
    inFlight -= 1
    stored.push(clientId)
  })
  for (const id of ['a', 'b', 'c']) outbox.add(message('kitchen', id))
  await eventually(() => expect(outbox.messages.value).toEqual([]))
  expect(stored).toEqual(['a', 'b', 'c'])
})

test('a room that cannot be written keeps no other room waiting, and is tried again in its order', async () => {
  const stored: string[] = []
  let isSick = true
  const { outbox } = outboxOf(async ({ room, clientId }) => {
    if (room === 'sick' && isSick) throw unavailable()
    stored.push(clientId)
  })
  for (const [room, id] of [
    ['sick', 'a'],
    ['sick', 'b'],
    ['well', 'c'],
  ] as const)
    outbox.add(message(room, id))
  await eventually(() => expect(stored).toEqual(['c']))
  isSick = false
  await eventually(() => expect(stored).toEqual(['c', 'a', 'b']))
})

test('a message that is refused for good is kept with its reason, and those behind it go on', async () => {
  let isRefused = true
  const { outbox, changes } = outboxOf(async ({ clientId }) => {
    if (clientId === 'a' && isRefused) throw new ApiError(403, { code: 'forbidden', message: 'you are muted' })
  })
  outbox.add(message('kitchen', 'a'))
  outbox.add(message('kitchen', 'b'))
  await eventually(() => expect(outbox.messages.value).toMatchObject([{ clientId: 'a', error: 'you are muted' }]))
  isRefused = false
  outbox.retry('a')
  await eventually(() => expect(outbox.messages.value).toEqual([]))
  expect(changes).toHaveBeenCalled()
})

test('after stop nothing is sent again', async () => {
  const store = vi.fn<() => Promise<unknown>>(() => Promise.reject(unavailable()))
  const { outbox } = outboxOf(store)
  outbox.add(message('kitchen', 'a'))
  await eventually(() => expect(store).toHaveBeenCalledTimes(1))
  outbox.stop()
  outbox.sendAll()
  await Promise.resolve()
  expect(store).toHaveBeenCalledTimes(1)
  expect(outbox.messages.value).toHaveLength(1)
})

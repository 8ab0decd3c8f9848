import { expect, test } from 'vitest'
import { abortable } from './abortable.ts'

const never = new Promise<never>(() => {})

test('settles as the work does, with or without a signal', async () => {
  expect(await abortable(Promise.resolve(1), undefined)).toBe(1)
  expect(await abortable(Promise.resolve(2), new AbortController().signal)).toBe(2)
  await expect(abortable(Promise.reject(new Error('own')), new AbortController().signal)).rejects.toThrow('own')
})

test('rejects when the signal is aborted, and at once if it already is', async () => {
  const controller = new AbortController()
  const waiting = abortable(never, controller.signal)
  controller.abort(new Error('interrupted'))
  await expect(waiting).rejects.toThrow('interrupted')
  await expect(abortable(never, controller.signal)).rejects.toThrow('interrupted')
})

test('a later error of aborted work is not an unhandled rejection', async () => {
  const work = Promise.withResolvers<never>()
  const waiting = abortable(work.promise, AbortSignal.abort(new Error('interrupted')))
  await expect(waiting).rejects.toThrow('interrupted')
  work.reject(new Error('too late'))
  await new Promise((resolve) => setImmediate(resolve))
})

import { expect, test } from 'vitest'
import { abortable } from './abortable.ts'

const never = new Promise<never>(() => {})

test('gives what the work gives, with or without a signal', async () => {
  expect(await abortable(Promise.resolve(1), undefined)).toBe(1)
  expect(await abortable(Promise.resolve(2), new AbortController().signal)).toBe(2)
  await expect(abortable(Promise.reject(new Error('own')), new AbortController().signal)).rejects.toThrow('own')
})

test('an abort ends the waiting, also one from before', async () => {
  const controller = new AbortController()
  const waiting = abortable(never, controller.signal)
  controller.abort(new Error('interrupted'))
  await expect(waiting).rejects.toThrow('interrupted')
  await expect(abortable(never, controller.signal)).rejects.toThrow('interrupted')
})

test('an error of work that nobody waits for any more disturbs nobody', async () => {
  const work = Promise.withResolvers<never>()
  const waiting = abortable(work.promise, AbortSignal.abort(new Error('interrupted')))
  await expect(waiting).rejects.toThrow('interrupted')
  work.reject(new Error('too late'))
  await new Promise((resolve) => setImmediate(resolve))
})

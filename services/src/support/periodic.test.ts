import { eventually } from '@chat-app/testing'
import { expect, test } from 'vitest'
import { Periodic } from './periodic.ts'

test('runs again and again, also after an error, never twice at once', async () => {
  let [runs, running, most] = [0, 0, 0]
  const errors: unknown[] = []
  const periodic = new Periodic({
    intervalMs: 1,
    work: async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 3))
      running -= 1
      runs += 1
      if (runs === 2) throw new Error('failed')
    },
    onError: (error) => errors.push(error),
  })

  await eventually(() => runs >= 5)
  await periodic.stop()

  expect(most).toBe(1)
  expect(errors).toEqual([new Error('failed')])
})

test('when it is stopped, the work hears of it, and nothing more begins', async () => {
  let runs = 0
  const ended = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const periodic = new Periodic({
    intervalMs: 1,
    work: async (signal) => {
      runs += 1
      begun.resolve()
      signal.addEventListener('abort', () => ended.resolve())
      await ended.promise
    },
    onError: () => undefined,
  })
  await begun.promise

  await periodic.stop()

  expect(runs).toBe(1)
})

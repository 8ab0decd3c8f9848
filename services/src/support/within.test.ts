import { expect, test } from 'vitest'
import { within } from './within.ts'

const never = new Promise<never>(() => undefined)

test('work that settles in time keeps its outcome', async () => {
  expect(await within(60_000, Promise.resolve('done'), 'too late')).toBe('done')
  await expect(within(60_000, Promise.reject(new Error('failed')), 'too late')).rejects.toThrow('failed')
})

test('work that takes too long is rejected with the message', async () => {
  await expect(within(1, never, 'not done after 1 ms')).rejects.toThrow('not done after 1 ms')
})

import { expect, test } from 'vitest'
import { Semaphore } from './semaphore.ts'

test('runs at most the limit at a time, the others in order, and refuses what exceeds the queue', async () => {
  const semaphore = new Semaphore(2, 2)
  const [inside, order]: [Set<number>, number[]] = [new Set(), []]
  let most = 0
  const work = (id: number) =>
    semaphore.run(async () => {
      inside.add(id)
      order.push(id)
      most = Math.max(most, inside.size)
      await new Promise((resolve) => setImmediate(resolve))
      inside.delete(id)
    })

  const results = await Promise.allSettled([1, 2, 3, 4, 5].map(work))

  expect(most).toBe(2)
  expect(order).toEqual([1, 2, 3, 4])
  expect(results.map(({ status }) => status)).toEqual([...Array<string>(4).fill('fulfilled'), 'rejected'])
  expect(results[4]).toMatchObject({ reason: { code: 'unavailable' } })
})

test('counts those that run and those that wait', async () => {
  const semaphore = new Semaphore(1, 5)
  const { promise, resolve } = Promise.withResolvers<void>()
  const working = [semaphore.run(() => promise), semaphore.run(() => promise)]
  expect([semaphore.limit, semaphore.busy, semaphore.waiting]).toEqual([1, 1, 1])
  resolve()
  await Promise.all(working)
  expect([semaphore.busy, semaphore.waiting]).toEqual([0, 0])
})

test('runs the next one after a failure', async () => {
  const semaphore = new Semaphore(1, 1)
  await expect(semaphore.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await semaphore.run(() => Promise.resolve('yes'))).toBe('yes')
})

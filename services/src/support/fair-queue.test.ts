import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FairQueue } from './fair-queue.ts'

const options = { limit: 1, maxWaiting: 100, maxWaitingOfKey: 50, patienceMs: 60_000 }

/** Work that is begun in order, and ended by hand. */
function pieces(queue: FairQueue) {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const run = (key: string, name = key) =>
    queue.run(key, () => {
      begun.push(name)
      return new Promise<void>((resolve) => ends.push(resolve))
    })
  const end = async () => {
    ends.shift()?.()
    await sleep(0)
  }
  return { begun, run, end }
}

test('keys take turns, and those of one key keep their order', async () => {
  const { begun, run, end } = pieces(new FairQueue(options))
  const all = [run('a', 'a1'), ...['a2', 'a3', 'a4'].map((name) => run('a', name)), run('b', 'b1'), run('c', 'c1')]
  all.push(run('b', 'b2'))
  for (let i = 0; i < all.length; i += 1) await end()
  await Promise.all(all)
  expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
})

test('at most so many run at a time', async () => {
  const { begun, run, end } = pieces(new FairQueue({ ...options, limit: 2 }))
  const all = ['a', 'b', 'c'].map((key) => run(key))
  expect(begun).toEqual(['a', 'b'])
  await end()
  expect(begun).toEqual(['a', 'b', 'c'])
  await end()
  await end()
  await Promise.all(all)
})

test('a key that asks for too much is refused alone', async () => {
  const { begun, run, end } = pieces(new FairQueue({ ...options, maxWaitingOfKey: 2 }))
  const all = [run('a'), run('a'), run('a')]
  await expect(run('a')).rejects.toMatchObject({ code: 'rate_limited' })
  all.push(run('b'))
  for (let i = 0; i < all.length; i += 1) await end()
  await Promise.all(all)
  expect(begun).toEqual(['a', 'a', 'b', 'a'])
})

test('a full queue refuses the newest piece of the key that has the most', async () => {
  const { begun, run, end } = pieces(new FairQueue({ ...options, maxWaiting: 3 }))
  const all = [run('a', 'a1'), run('a', 'a2'), run('a', 'a3')]
  const newest = run('a', 'a4')
  all.push(run('b', 'b1'))
  await expect(newest).rejects.toMatchObject({ code: 'unavailable' })
  await expect(run('a', 'a5')).rejects.toMatchObject({ code: 'unavailable' })
  for (let i = 0; i < all.length; i += 1) await end()
  await Promise.all(all)
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3'])
})

test('too many keys, and what has waited too long, are refused', async () => {
  const { begun, run, end } = pieces(new FairQueue({ ...options, maxWaiting: 1, patienceMs: 20 }))
  const first = run('a')
  const waited = run('b')
  await expect(run('c')).rejects.toMatchObject({ code: 'unavailable' })
  await expect(waited).rejects.toMatchObject({ code: 'unavailable' })
  const late = run('d')
  await end()
  await end()
  await Promise.all([first, late])
  expect(begun).toEqual(['a', 'd'])
})

test('what nobody waits for any more is dropped when its turn comes', async () => {
  const queue = new FairQueue(options)
  const order: string[] = []
  const first = queue.run('a', () => new Promise<void>((resolve) => setImmediate(resolve)))
  const dropped = queue.run(
    'b',
    () => Promise.resolve(order.push('dropped')),
    () => false,
  )
  const next = queue.run('c', () => Promise.resolve(order.push('next')))
  await expect(dropped).rejects.toMatchObject({ code: 'unavailable' })
  await Promise.all([first, next])
  expect(order).toEqual(['next'])
})

test('work that fails gives its place to the next', async () => {
  const queue = new FairQueue(options)
  const failed = queue.run('a', () => Promise.reject(new Error('broken')))
  const next = queue.run('b', () => Promise.resolve('done'))
  await expect(failed).rejects.toThrow('broken')
  await expect(next).resolves.toBe('done')
})

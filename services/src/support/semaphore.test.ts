import { describe, expect, test, vi } from 'vitest'
import { Semaphore, type Patience } from './semaphore.ts'

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

describe('what waits for its turn', () => {
  /** A semaphore whose only turn is taken until `end`, and what ran after it. */
  function busy(maxWaiting: number) {
    const semaphore = new Semaphore(1, maxWaiting)
    const { promise, resolve: end } = Promise.withResolvers<void>()
    const first = semaphore.run(() => promise)
    const ran: string[] = []
    const add = (name: string, patience?: Patience) => {
      const run = semaphore.run(() => Promise.resolve(ran.push(name)), patience)
      run.catch(() => undefined)
      return run
    }
    return { semaphore, ran, add, end: async () => (end(), await first) }
  }

  test('is dropped when nobody waits for it any more', async () => {
    const { semaphore, ran, add, end } = busy(2000)
    const gone = Array.from({ length: 1000 }, (_, i) => add(`gone ${i}`, { isWanted: () => false }))
    const wanted = add('wanted', { isWanted: () => true })

    await end()
    await wanted

    expect(ran).toEqual(['wanted'])
    expect((await Promise.allSettled(gone)).every(({ status }) => status === 'rejected')).toBe(true)
    expect([semaphore.busy, semaphore.waiting]).toEqual([0, 0])
    await expect(semaphore.run(() => Promise.resolve(1), { isWanted: () => false })).rejects.toThrow('nobody waits')
  })

  test('makes room in a full queue when nobody waits for it any more', async () => {
    const { semaphore, ran, add, end } = busy(3)
    for (let i = 0; i < 3; i += 1) void add(`gone ${i}`, { isWanted: () => false })
    expect(semaphore.waiting).toBe(3)
    const wanted = add('wanted')
    expect(semaphore.waiting).toBe(1)

    await end()
    await wanted
    expect(ran).toEqual(['wanted'])
  })

  test('is refused when its turn does not come in time, and takes no turn later', async () => {
    vi.useFakeTimers()
    const { semaphore, ran, add, end } = busy(100)
    const impatient = Array.from({ length: 90 }, (_, i) => add(`impatient ${i}`, { patienceMs: 100 }))
    const patient = add('patient', { patienceMs: 1000 })
    vi.advanceTimersByTime(101)
    expect(semaphore.waiting).toBe(1)

    await end()
    await patient
    vi.useRealTimers()
    expect(ran).toEqual(['patient'])
    const [first] = await Promise.allSettled(impatient)
    expect(first).toMatchObject({ reason: { code: 'unavailable', message: expect.stringContaining('100 ms') } })
  })
})

import { afterEach, describe, expect, test, vi } from 'vitest'
import { Queue } from './queue.ts'

/** A queue whose handler waits until the test opens its gate. */
function gatedQueue(workers = 2) {
  const started: string[] = []
  const gates: { key: string; open: () => void; fail: (error: Error) => void }[] = []
  const errors: unknown[] = []
  const queue = new Queue({
    workers,
    handle: (key) => {
      started.push(key)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      gates.push({ key, open: resolve, fail: reject })
      return promise
    },
    onError: (_key, error) => errors.push(error),
    backoffMs: { base: 100, max: 1000 },
  })
  return { queue, started, gates, errors }
}

async function turn(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await Promise.resolve()
}

afterEach(() => {
  vi.useRealTimers()
})

describe('a queue', () => {
  test('handles keys only after it is started', async () => {
    const { queue, started } = gatedQueue()
    queue.add('a')
    await turn()
    expect(started).toEqual([])
    queue.start()
    await turn()
    expect(started).toEqual(['a'])
  })

  test('handles a key once, however often it is added', async () => {
    const { queue, started, gates } = gatedQueue(1)
    queue.start()
    queue.add('busy')
    await turn()
    queue.add('a')
    queue.add('a')
    queue.add('a')
    expect(queue.depth).toBe(1)
    gates[0]!.open()
    await turn()
    expect(started).toEqual(['busy', 'a'])
  })

  test('never handles a key twice at the same time, and once more when it was added while it was handled', async () => {
    const { queue, started, gates } = gatedQueue(4)
    queue.start()
    queue.add('a')
    await turn()
    queue.add('a')
    queue.add('a')
    await turn()
    expect(started).toEqual(['a'])
    gates[0]!.open()
    await turn()
    expect(started).toEqual(['a', 'a'])
    gates[1]!.open()
    await turn()
    expect(queue.active).toBe(0)
    expect(started).toEqual(['a', 'a'])
  })

  test('handles as many keys at the same time as it has workers', async () => {
    const { queue, started, gates } = gatedQueue(2)
    queue.start()
    for (const key of ['a', 'b', 'c']) queue.add(key)
    await turn()
    expect(started).toEqual(['a', 'b'])
    gates[1]!.open()
    await turn()
    expect(started).toEqual(['a', 'b', 'c'])
  })

  test('reports the error of a handler and continues', async () => {
    const { queue, started, gates, errors } = gatedQueue(1)
    queue.start()
    queue.add('a')
    queue.add('b')
    await turn()
    gates[0]!.fail(new Error('broken'))
    await turn()
    expect(errors).toEqual([new Error('broken')])
    expect(started).toEqual(['a', 'b'])
  })

  test('adds a key after the shortest of several delays', async () => {
    vi.useFakeTimers()
    const { queue, started } = gatedQueue()
    queue.start()
    queue.addAfter('a', 500)
    queue.addAfter('a', 100)
    queue.addAfter('a', 900)
    await vi.advanceTimersByTimeAsync(99)
    expect(started).toEqual([])
    await vi.advanceTimersByTimeAsync(2)
    expect(started).toEqual(['a'])
    expect(queue.delayed).toBe(0)
  })

  test('cancels a delay when the key is added', async () => {
    vi.useFakeTimers()
    const { queue, started, gates } = gatedQueue()
    queue.start()
    queue.addAfter('a', 100)
    queue.add('a')
    await vi.advanceTimersByTimeAsync(1)
    gates[0]!.open()
    await vi.advanceTimersByTimeAsync(1000)
    expect(started).toEqual(['a'])
  })

  test('doubles the delay with each failure up to a limit, until the key is forgotten', () => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { queue } = gatedQueue()
    const delays = Array.from({ length: 6 }, () => queue.addAfterFailure('a'))
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000])
    queue.forget('a')
    expect(queue.addAfterFailure('a')).toBe(100)
    vi.restoreAllMocks()
  })

  test('stops: drops waiting keys, finishes running ones, and takes no more', async () => {
    const { queue, started, gates } = gatedQueue(1)
    queue.start()
    queue.add('a')
    queue.add('b')
    await turn()
    const stopped = queue.stop(10_000)
    queue.add('c')
    gates[0]!.open()
    expect(await stopped).toBe(true)
    await turn()
    expect(started).toEqual(['a'])
  })

  test('does not wait longer than the grace period for a handler that hangs', async () => {
    const { queue } = gatedQueue(1)
    queue.start()
    queue.add('a')
    await turn()
    expect(await queue.stop(20)).toBe(false)
  })
})

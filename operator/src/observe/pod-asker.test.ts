import { eventually } from '@chat-app/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { HEALTH_INTERVAL_MS, HEALTH_TIMEOUT_MS, MAX_ASKED_AT_ONCE, SILENT_POD_FACTOR } from '../limits.ts'
import type { KubeObject } from '../runtime/types.ts'
import { pod } from '../testing/observed.ts'
import { PodAsker } from './pod-asker.ts'

const down = (error: string) => JSON.stringify({ components: { db: { status: 'DOWN', details: { error } } } })
const unready = (name: string) => pod('api', { name, isReady: false })

let asker: PodAsker
let changed: string[]
/** What a pod answers, by its name; undefined for one that never answers. */
let answers: Map<string, string | undefined>
let asked: string[]

beforeEach(() => {
  changed = []
  asked = []
  answers = new Map()
  asker = new PodAsker(ask, (chatApp) => changed.push(chatApp))
})
afterEach(async () => {
  await asker.stop()
  vi.useRealTimers()
})

function ask({ metadata: { name } }: KubeObject): Promise<string> {
  asked.push(name)
  const answer = answers.get(name)
  if (answer !== undefined) return Promise.resolve(answer)
  return new Promise((_resolve, reject) => setTimeout(() => reject(new Error('timeout')), HEALTH_TIMEOUT_MS))
}

describe('pods that are asked beside the queue', () => {
  test('report a change only when the answer differs', async () => {
    vi.useFakeTimers()
    answers.set('a', down('refused'))
    expect(asker.answers('ns/chat', [unready('a')])).toEqual([{ pod: 'a', down: {} }])
    await vi.advanceTimersByTimeAsync(0)
    expect(changed).toEqual(['ns/chat'])
    expect(asker.answers('ns/chat', [unready('a')])).toEqual([{ pod: 'a', down: { db: 'refused' } }])
    await vi.advanceTimersByTimeAsync(3 * HEALTH_INTERVAL_MS)
    expect([asked.length, changed.length]).toEqual([4, 1])
    answers.set('a', down('timeout'))
    await vi.advanceTimersByTimeAsync(HEALTH_INTERVAL_MS)
    expect(changed).toHaveLength(2)
  })

  test('are asked no more once they are ready or gone, and another pod of the name is asked anew', async () => {
    vi.useFakeTimers()
    answers.set('a', down('refused'))
    asker.answers('ns/chat', [unready('a')])
    await vi.advanceTimersByTimeAsync(0)
    const next = { ...unready('a'), metadata: { ...unready('a').metadata, uid: 'next' } }
    expect(asker.answers('ns/chat', [next])).toEqual([{ pod: 'a', down: {} }])
    await vi.advanceTimersByTimeAsync(0)
    expect(asked).toEqual(['a', 'a'])
    asker.answers('ns/chat', [])
    await vi.advanceTimersByTimeAsync(10 * HEALTH_INTERVAL_MS)
    expect(asked).toEqual(['a', 'a'])
  })

  test('that are silent are asked less often', async () => {
    vi.useFakeTimers()
    asker.answers('ns/chat', [unready('silent')])
    const roundMs = HEALTH_TIMEOUT_MS * (1 + SILENT_POD_FACTOR)
    await vi.advanceTimersByTimeAsync(2 * roundMs + HEALTH_TIMEOUT_MS)
    expect(asked).toHaveLength(3)
    expect(changed).toEqual([])
  })

  test('are at most a fixed number at the same time over all ChatApps, and each is asked', async () => {
    vi.useFakeTimers()
    for (let i = 0; i < 40; i++)
      asker.answers(
        `ns/chat-${i}`,
        Array.from({ length: 6 }, (_, n) => unready(`p${i}-${n}`)),
      )
    await vi.advanceTimersByTimeAsync(0)
    expect([asker.active, asked.length]).toEqual([MAX_ASKED_AT_ONCE, MAX_ASKED_AT_ONCE])
    await vi.advanceTimersByTimeAsync(HEALTH_TIMEOUT_MS * Math.ceil(240 / MAX_ASKED_AT_ONCE))
    expect(new Set(asked).size).toBe(240)
    expect(asker.active).toBeLessThanOrEqual(MAX_ASKED_AT_ONCE)
  })

  test('do not keep the asker busy after it was stopped', async () => {
    asker.answers('ns/chat', [unready('silent')])
    await eventually(() => expect(asked).toEqual(['silent']))
    await asker.stop()
    asker.answers('ns/chat', [unready('late')])
    await new Promise((resolve) => setImmediate(resolve))
    expect(asked).toEqual(['silent'])
  })
})

import { describe, expect, test } from 'vitest'
import { pod } from '../testing/observed.ts'
import { downOf, outagesIn, unreadyPods } from './health.ts'

const ERROR = 'database chat-db:3306: connect ECONNREFUSED'
const report = JSON.stringify({
  status: 'DOWN',
  components: { ping: { status: 'UP' }, db: { status: 'DOWN', details: { error: ERROR } } },
})

describe('the pods that are asked', () => {
  test('run and are not ready', () => {
    const pods = [
      pod('api'),
      pod('api', { name: 'unready', isReady: false }),
      pod('api', { name: 'pending', isReady: false, phase: 'Pending' }),
      pod('api', { name: 'leaving', isReady: false, leaving: true }),
      pod('migrate', { name: 'done', isReady: false, phase: 'Succeeded' }),
    ]
    expect(unreadyPods(pods).map(({ metadata }) => metadata.name)).toEqual(['unready'])
  })

  test('are the six newest', () => {
    const pods = Array.from({ length: 9 }, (_, i) =>
      pod('api', { name: `p${i}`, isReady: false, created: `2026-01-01T00:00:0${i}Z` }),
    )
    expect(unreadyPods(pods).map(({ metadata }) => metadata.name)).toEqual(['p8', 'p7', 'p6', 'p5', 'p4', 'p3'])
  })
})

describe('the health of a pod', () => {
  test('names the components that are down, with their errors', async () => {
    expect(await downOf(pod('api'), () => Promise.resolve(report))).toEqual({ db: ERROR })
  })

  describe('is that', () => {
    // A webhook has added the first container.
    const spec = {
      containers: [
        { ports: [{ name: 'proxy', containerPort: 1 }] },
        {
          ports: [
            { name: 'http', containerPort: 8080 },
            { name: 'metrics', containerPort: 9090 },
          ],
        },
      ],
    }
    const asked = { ...pod('api'), spec }
    const answers = (byPort: Record<number, () => Promise<string>>) => async (_pod: unknown, port: number) => {
      const answer = byPort[port]
      if (answer === undefined) throw new Error(`port ${port}`)
      return answer()
    }

    test('of its port of metrics, which has the errors', async () => {
      expect(await downOf(asked, answers({ 9090: () => Promise.resolve(report) }))).toEqual({ db: ERROR })
    })

    test('of its port of requests where a former release has none there', async () => {
      const former = answers({ 9090: () => Promise.resolve(''), 8080: () => Promise.resolve(report) })
      expect(await downOf(asked, former)).toEqual({ db: ERROR })
      expect(await downOf(asked, answers({ 8080: () => Promise.resolve(report) }))).toEqual({ db: ERROR })
    })

    test('not known where it does not answer in time, which is not tried twice', async () => {
      const slow = answers({ 9090: () => Promise.reject(new DOMException('slow', 'TimeoutError')) })
      await expect(downOf(asked, slow)).rejects.toThrow('slow')
    })
  })

  test.each([
    ['a list of components', '{"components":[1]}'],
    ['a component without details', '{"components":{"db":{"status":"DOWN"}}}'],
    [
      'an endless error',
      JSON.stringify({ components: { db: { status: 'DOWN', details: { error: 'x'.repeat(9999) } } } }),
    ],
  ])('is at most a short text when the answer is %s', async (_name, body) => {
    const down = await downOf(pod('api'), () => Promise.resolve(body))
    expect(JSON.stringify(down).length).toBeLessThan(400)
  })

  test.each([
    ['nothing', ''],
    ['no JSON', '<html>'],
  ])('is not known when the answer is %s', async (_name, body) => {
    await expect(downOf(pod('api'), () => Promise.resolve(body))).rejects.toThrow('JSON')
  })
})

describe('an outage', () => {
  const STARTED = '2026-01-01T00:00:10Z'
  const running = { state: { running: { startedAt: STARTED } } }
  const after = (seconds: number) => new Date(Date.parse(STARTED) + 1000 * seconds)
  const starting = pod('api', { name: 'new', isReady: false, readyAt: '2026-01-01T00:00:05Z', container: running })
  const lost = pod('api', { name: 'old', isReady: false, readyAt: '2026-01-01T00:00:16Z', container: running })
  const redis = { redis: 'redis r:6379: connecting' }

  test('is not what a starting pod reports, until it has had 15 s to open its connections', () => {
    const answers = [{ pod: 'new', down: redis }]
    expect(outagesIn(answers, [starting], after(5))).toEqual({ health: [{ pod: 'new', down: {} }], recheckMs: 10_000 })
    expect(outagesIn(answers, [starting], after(15))).toEqual({ health: answers, recheckMs: undefined })
  })

  test('is at once what a pod reports that was ready before, and what starting pods report beside it', () => {
    const answers = [
      { pod: 'new', down: { ...redis, db: ERROR } },
      { pod: 'old', down: redis },
    ]
    const seen = outagesIn(answers, [starting, lost], after(5))
    expect(seen.health).toEqual([
      { pod: 'new', down: redis },
      { pod: 'old', down: redis },
    ])
    expect(seen.recheckMs).toBe(10_000)
  })

  test.each([
    [
      'a pod that has crashed before',
      pod('api', { isReady: false, readyAt: STARTED, container: { ...running, restartCount: 1 } }),
    ],
    [
      'a migration, which only waits for the database',
      pod('migrate', { isReady: false, readyAt: STARTED, container: running }),
    ],
  ])('is at once what is reported by %s', (_name, asked) => {
    const answers = [{ pod: asked.metadata.name, down: { db: ERROR } }]
    expect(outagesIn(answers, [asked], after(1))).toEqual({ health: answers, recheckMs: undefined })
  })
})

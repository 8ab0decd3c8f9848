import type { ServerResponse } from 'node:http'
import { CHAT_APPS, PODS, SECRETS, apiVersionOf, pathOf } from '@chat-app/chat/resources'
import { eventually } from '@chat-app/testing'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import type { AskPod } from '../observe/pod-access.ts'
import { createMetrics } from '../runtime/metrics.ts'
import type { KubeObject } from '../runtime/types.ts'
import { faultyServer, json } from '../testing/faulty-server.ts'
import { pod } from '../testing/observed.ts'
import { CREDENTIALS } from '../testing/secrets.ts'
import { Controller } from './controller.ts'

/** The most that silent pods of others may add to the time of a ChatApp. */
const MAX_RATIO = 1.2
const SUFFERING = 40
const ROUNDS = 50
const MAX_ROUNDS = 300
const NO_METRICS = { queueDepth: () => 0, isLeader: () => true }

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

function chatApp(name: string, generation: number, status?: unknown): KubeObject {
  const metadata = { name, namespace: 'ns', uid: `u-${name}`, generation, resourceVersion: String(generation) }
  return { apiVersion: apiVersionOf(CHAT_APPS), kind: CHAT_APPS.kind, metadata, spec: { version: '1.0.0' }, status }
}

/** Six pods of a ChatApp that run and are not ready. */
function unreadyPods(chat: string): KubeObject[] {
  return Array.from({ length: 6 }, (_, index) => {
    const made = pod('api', { name: `${chat}-${index}`, isReady: false })
    const labels = { ...made.metadata.labels, 'app.kubernetes.io/instance': chat }
    return { ...made, metadata: { ...made.metadata, labels, uid: made.metadata.name, resourceVersion: '1' } }
  })
}

const secrets = Object.entries(CREDENTIALS).map(([name, values]) => ({
  metadata: { name, namespace: 'ns', uid: name, resourceVersion: '1' },
  data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, btoa(value)])),
}))

/**
 * A controller with a healthy ChatApp and 40 others whose pods do not become ready. Returns a function that changes the
 * healthy one, and gives the time until its status is written, in milliseconds.
 */
async function controllerWith(askPod: AskPod): Promise<() => Promise<number>> {
  const names = Array.from({ length: SUFFERING }, (_, index) => `silent-${index}`)
  const lists = new Map<string, readonly object[]>([
    [pathOf(CHAT_APPS, 'ns'), ['healthy', ...names].map((name) => chatApp(name, 1))],
    [pathOf(PODS, 'ns'), names.flatMap(unreadyPods)],
    [pathOf(SECRETS, 'ns'), secrets],
  ])
  let watch: ServerResponse | undefined
  let generation = 1
  let version = 1_000_000
  let written = Promise.withResolvers<unknown>()
  const server = await faultyServer(({ method, path, query, body }, response) => {
    if (query.has('watch')) {
      if (path === pathOf(CHAT_APPS, 'ns')) watch = response.writeHead(200)
      return
    }
    if (method !== 'PATCH')
      return json(response, 200, { metadata: { resourceVersion: '1' }, items: lists.get(path) ?? [] })
    const sent = body as KubeObject
    const { name, uid = path } = sent.metadata
    const spec = path.endsWith('/status') ? { spec: { version: '1.0.0' } } : {}
    const resourceVersion = String((version += 1))
    json(response, 200, { ...sent, ...spec, metadata: { ...sent.metadata, uid, resourceVersion, generation } })
    if (path === pathOf(CHAT_APPS, 'ns', 'healthy', 'status') && name === 'healthy') written.resolve(sent['status'])
  })
  const controller = new Controller({
    client: server.client,
    watchNamespaces: ['ns'],
    askPod,
    announcer: { onWrites: () => {}, onUrgent: () => {}, onStatus: () => {} },
    metrics: createMetrics(NO_METRICS),
    log: pino({ level: 'silent' }),
  })
  cleanUps.push(
    () => server.close(),
    () => controller.stop(),
    () => controller.finish(0),
  )
  await controller.watch()
  controller.start()
  let status = await written.promise
  await eventually(() => watch !== undefined)
  return async () => {
    written = Promise.withResolvers()
    generation += 1
    const object = {
      ...chatApp('healthy', generation, status),
      metadata: { ...chatApp('healthy', generation).metadata },
    }
    object.metadata.resourceVersion = String((version += 1))
    const startMs = performance.now()
    watch?.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`)
    status = await written.promise
    return performance.now() - startMs
  }
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

test('a ChatApp takes at most 1.2 times as long while 40 others have pods that never answer', async () => {
  const hanging = new AbortController()
  cleanUps.push(() => Promise.resolve(hanging.abort()))
  let unanswered = 0
  const calm = await controllerWith(() => Promise.resolve('{}'))
  const crowded = await controllerWith(() => {
    unanswered += 1
    return new Promise((_resolve, reject) => hanging.signal.addEventListener('abort', () => reject(new Error('ended'))))
  })
  // All ChatApps have been reconciled once, also those whose pods do not answer.
  for (let warmUp = 0; warmUp < 5; warmUp++) for (const change of [calm, crowded]) await change()
  expect(unanswered).toBeGreaterThan(0)
  const times = { calm: [] as number[], crowded: [] as number[] }
  const ratio = (): number => medianOf(times.crowded) / medianOf(times.calm)
  // In turns, so that other load on the machine slows both; more of them where it is busy.
  do {
    for (let round = 0; round < ROUNDS; round++) {
      times.calm.push(await calm())
      times.crowded.push(await crowded())
    }
  } while (ratio() > MAX_RATIO && times.calm.length < MAX_ROUNDS)
  expect(ratio()).toBeLessThanOrEqual(MAX_RATIO)
})

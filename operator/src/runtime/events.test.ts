import { afterEach, expect, test } from 'vitest'
import { faultyServer, json, refuse, type FaultyServer } from '../testing/faulty-server.ts'
import { EventRecorder, type EventInput } from './events.ts'
import type { KubeObject } from './types.ts'

const chatApp: KubeObject = {
  apiVersion: 'chat-app.com/v1alpha1',
  kind: 'ChatApp',
  metadata: { name: 'chat', namespace: 'ns', uid: 'u-1', resourceVersion: '7' },
}
const pulled: EventInput = { type: 'Warning', reason: 'ImagePullFailed', action: 'Reconcile', note: 'image x' }
const NOON = Date.UTC(2026, 0, 1, 12)
const MINUTE = 60_000

let server: FaultyServer
afterEach(() => server.close())

async function recorder(status = 201) {
  const errors: unknown[] = []
  server = await faultyServer((seen, response) =>
    status < 300 ? json(response, status, seen.body) : refuse(response, status, 'Forbidden'),
  )
  return { recorder: new EventRecorder(server.client, 'pod-1', (error) => errors.push(error)), errors }
}

const posts = () => server.requests.filter(({ method }) => method === 'POST')

test('an event regards its object and has a time with six fractional digits', async () => {
  await (await recorder()).recorder.record(chatApp, pulled, NOON)
  expect(posts()[0]?.body).toMatchObject({
    apiVersion: 'events.k8s.io/v1',
    eventTime: '2026-01-01T12:00:00.000000Z',
    reportingController: 'chat-app.com/operator',
    reportingInstance: 'pod-1',
    regarding: { kind: 'ChatApp', name: 'chat', namespace: 'ns', uid: 'u-1' },
    ...pulled,
  })
})

test('the same event again raises the count of its series', async () => {
  const events = (await recorder()).recorder
  for (const minutes of [0, 1, 2]) await events.record(chatApp, pulled, NOON + minutes * MINUTE)
  expect(posts()).toHaveLength(1)
  expect(server.requests.at(-1)?.body).toEqual({
    series: { count: 3, lastObservedTime: '2026-01-01T12:02:00.000000Z' },
  })
})

test('after six minutes, or with another note, it is a new event', async () => {
  const events = (await recorder()).recorder
  await events.record(chatApp, pulled, NOON)
  await events.record(chatApp, { ...pulled, note: 'image y' }, NOON)
  await events.record(chatApp, pulled, NOON + 7 * MINUTE)
  expect(new Set(posts().map(({ body }) => (body as KubeObject).metadata.name)).size).toBe(3)
})

test('the events of one object are limited, apart from those of others', async () => {
  const events = (await recorder()).recorder
  for (let i = 0; i < 100; i += 1) await events.record(chatApp, { ...pulled, note: `note ${i}` }, NOON)
  expect(server.requests).toHaveLength(25)
  await events.record({ ...chatApp, metadata: { ...chatApp.metadata, uid: 'u-2' } }, pulled, NOON)
  await events.record(chatApp, { ...pulled, note: 'later' }, NOON + 11 * MINUTE)
  expect(server.requests).toHaveLength(27)
})

test('a long note is cut at a character within a kilobyte', async () => {
  await (await recorder()).recorder.record(chatApp, { ...pulled, note: 'ä'.repeat(2000) }, NOON)
  const { note } = posts()[0]!.body as { note: string }
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024)
  expect(note).toMatch(/^ä+.?…$/u)
})

test('an event that cannot be written is only reported', async () => {
  const { recorder: events, errors } = await recorder(403)
  await events.record(chatApp, pulled, NOON)
  expect(errors).toHaveLength(1)
})

import { CONTROLLER_REVISIONS, DEPLOYMENTS, type Resource } from '@chat-app/chat/resources'
import { dirname } from 'node:path'
import { openNode } from '@chat-app/sandbox-cluster'
import { sharedNode } from '@chat-app/sandbox-cluster/testing'
import { eventually, must } from '@chat-app/testing'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { NAMESPACE, PROVEN, ROLLOUT_MS, TestChatApp, type Pod } from './support/chat-app.ts'
import { conversation, expectNothingLost } from './support/conversation.ts'
import { kill, redisMaster } from './support/kill.ts'

// A release is rolled out while two users chat, and something fails. What is the release's own fault goes back, and
// nothing else does. No message is lost, duplicated or reordered.

const run = sharedNode()
const chatApp = new TestChatApp(run, 'rollouts')
const MESSAGE_EVERY_MS = 50
const SELECTOR = 'app.kubernetes.io/instance=rollouts'
const STATEFUL_SETS: Resource = { group: 'apps', version: 'v1', kind: 'StatefulSet', plural: 'statefulsets' }
const QUOTAS: Resource = { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas' }

beforeAll(async () => {
  await chatApp.apply(PROVEN)
  await chatApp.ready()
})

afterAll(() => chatApp.delete())

/** An annotation of all pods, which makes a release. */
function release(name: string, websocketSpec: object | null = null) {
  const metadata = { annotations: { release: name } }
  return { api: { podTemplate: { metadata } }, websocket: { podTemplate: { metadata, spec: websocketSpec } } }
}

/** The releases of a service's pods that are not being deleted; that of the creation has no annotation. */
async function releases(component: string): Promise<string[]> {
  return (await living(component)).map(({ metadata }) => metadata.annotations?.['release'] ?? 'first')
}

async function living(component: string): Promise<Pod[]> {
  return (await chatApp.pods(component)).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
}

/** Names of a service's pods that are not being deleted, sorted. */
async function names(component: string): Promise<string[]> {
  return (await living(component)).map(({ metadata }) => metadata.name).sort()
}

/** Makes a release, and waits until its first pod exists. */
async function beginRollout(name: string): Promise<void> {
  await chatApp.patch(release(name))
  await eventually(async () => expect(await releases('api')).toContain(name), { timeoutMs: ROLLOUT_MS })
}

/**
 * Waits until no pod is ready, and then sets the shortest deadline and waits until it is over. It is not set earlier: on
 * a slow machine it could end while the old pods are still ready.
 */
async function expectHeldPastDeadline(): Promise<void> {
  for (const component of ['api', 'websocket'])
    await eventually(async () => expect(await chatApp.readyPods(component)).toEqual([]))
  await chatApp.patch({ rollout: { progressDeadlineSeconds: 30 } })
  const server = await chatApp.server()
  await eventually(async () => {
    const deployments = await server.list<Deployment>(DEPLOYMENTS, NAMESPACE, SELECTOR)
    const reasons = deployments.flatMap(({ status }) => status.conditions.map(({ reason }) => reason))
    expect(reasons).toContain('ProgressDeadlineExceeded')
  })
  await eventually(async () => {
    const records = await server.list<Revision>(CONTROLLER_REVISIONS, NAMESPACE, SELECTOR)
    const newest = must(records.sort((a, b) => b.revision - a.revision)[0], 'a record')
    expect(newest.metadata.annotations?.['chat-app.com/held']).toContain('since')
    expect(newest.metadata.annotations).not.toHaveProperty('chat-app.com/failed')
    expect(await chatApp.condition('Stalled')).toMatchObject({ status: 'False' })
  })
  await chatApp.patch({ rollout: { progressDeadlineSeconds: 3600 } })
}

interface Deployment {
  readonly status: { readonly conditions: readonly { readonly reason: string }[] }
}

interface Revision {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  readonly revision: number
}

test('goes back by itself from a release whose WebSocket process ends', async () => {
  const talk = await conversation(chatApp, MESSAGE_EVERY_MS)
  const before = await names('websocket')
  await chatApp.patch(release('broken', { containers: [{ name: 'websocket', args: ['broken'] }] }))
  await eventually(async () => {
    const { status, reason, message } = await chatApp.condition('Ready')
    expect({ status, reason }).toEqual({ status: 'False', reason: 'RolledBack' })
    expect(message).toContain('container websocket ended with code')
  })
  expect(await chatApp.condition('Stalled')).toMatchObject({ status: 'True', reason: 'RolledBack' })
  await eventually(async () => expect(await releases('api')).toEqual(['first']))
  await eventually(async () => expect(await names('websocket')).toEqual(before))
  await eventually(async () => expect(await chatApp.condition('Available')).toMatchObject({ status: 'True' }))
  await talk.continues()
  expect(talk.reconnects).toBe(0)
  await expectNothingLost(talk)
})

test('takes the corrected release after it went back', async () => {
  const talk = await conversation(chatApp, MESSAGE_EVERY_MS)
  await chatApp.patch(release('corrected'))
  await chatApp.ready()
  expect([await releases('api'), await releases('websocket')]).toEqual([['corrected'], ['corrected', 'corrected']])
  await talk.continues()
  await expectNothingLost(talk)
})

test('holds a release while the database is down, although its deadline passes', async () => {
  const talk = await conversation(chatApp, MESSAGE_EVERY_MS)
  const server = await chatApp.server()
  await beginRollout('database down')
  await server.patch(STATEFUL_SETS, 'chat-app-db', 'mariadb', { spec: { replicas: 0 } })
  try {
    await expectHeldPastDeadline()
  } finally {
    await server.patch(STATEFUL_SETS, 'chat-app-db', 'mariadb', { spec: { replicas: 1 } })
  }
  await chatApp.ready()
  await talk.continues()
  await expectNothingLost(talk)
})

test('completes a release although a master of the Redis Cluster is killed', async () => {
  const talk = await conversation(chatApp, MESSAGE_EVERY_MS)
  const master = await redisMaster(run)
  await beginRollout('redis killed')
  await kill(run, 'chat-app-db', master)
  await chatApp.ready()
  await talk.continues()
  await expectNothingLost(talk)
})

test('names a quota that refuses the pods of a release, and completes it without the quota', async () => {
  const talk = await conversation(chatApp, MESSAGE_EVERY_MS)
  const server = await chatApp.server()
  await beginRollout('quota cut')
  const metadata = { name: 'no-more-pods', namespace: NAMESPACE }
  await server.create({ apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { pods: '0' } } })
  try {
    await eventually(async () => {
      const { status, reason, message } = await chatApp.condition('Ready')
      expect({ status, reason }).toEqual({ status: 'False', reason: 'PodsRefused' })
      expect(message).toMatch(/Deployment rollouts-(api|websocket): .*no-more-pods/)
    })
    await talk.continues()
  } finally {
    await server.delete(QUOTAS, NAMESPACE, metadata.name)
  }
  await chatApp.ready()
  await expectNothingLost(talk)
})

test('holds a release while the kubelet is stopped, although its deadline passes', async () => {
  const node = must(openNode(dirname(inject('kubeconfig'))), 'the node')
  const talk = await conversation(chatApp, MESSAGE_EVERY_MS)
  await beginRollout('kubelet stopped')
  await node.freeze('kubelet')
  try {
    await expectHeldPastDeadline()
    await talk.continues()
  } finally {
    await node.resume('kubelet')
  }
  await chatApp.ready()
  await talk.continues()
  await expectNothingLost(talk)
})

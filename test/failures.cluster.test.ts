import { SERVICES } from '@chat-app/chat/resources'
import { dirname } from 'node:path'
import { openNode } from '@chat-app/sandbox-cluster'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { TestChatApp } from './support/chat-app.ts'
import { Conversation } from './support/conversation.ts'
import { eventually, must } from '@chat-app/testing'
import { sharedNode } from '@chat-app/sandbox-cluster/testing'

// A process is killed while two users on two pods chat. Everything recovers, and no acknowledged message is lost,
// duplicated or reordered.

const run = sharedNode()
const chatApp = new TestChatApp(run, 'failures')
const NO_FAULTS = { lost: 0, duplicated: 0, reordered: 0 }

beforeAll(async () => {
  await chatApp.apply()
  await chatApp.ready()
})

afterAll(() => chatApp.delete())

async function conversation(): Promise<Conversation> {
  const users = await chatApp.users(2)
  return new Conversation(users, await chatApp.room(users), { everyMs: 10 })
}

async function expectNothingLost(talk: Conversation): Promise<void> {
  const counts = await talk.end()
  expect(counts).toMatchObject(NO_FAULTS)
  expect(counts.sent).toBeGreaterThan(50)
  expect(counts.acknowledged).toBe(counts.sent)
  expect(counts.delivered).toBe(2 * counts.sent)
}

/** Deletes a pod without a grace period, so that the kubelet kills it at once. */
function kill(namespace: string, pod: string): Promise<string> {
  return run(['-n', namespace, 'delete', 'pod', pod, '--grace-period=0', '--force'])
}

test('survives the kill of a WebSocket pod', async () => {
  const talk = await conversation()
  await talk.continues()
  const victim = must((await chatApp.readyPods('websocket'))[0])
  await kill('chat-app', victim.metadata.name)
  await talk.continues()
  await eventually(async () => (await chatApp.readyPods('websocket')).length === 2)
  await expectNothingLost(talk)
  await chatApp.ready()
})

test('survives the kill of a master of the Redis Cluster', async () => {
  const talk = await conversation()
  await talk.continues()
  await kill('chat-app-db', await redisMaster())
  await talk.continues(200)
  await expectNothingLost(talk)
})

test('survives the kill of the operator during a rollout', async () => {
  const talk = await conversation()
  const before = new Set((await chatApp.readyPods('websocket')).map(({ metadata }) => metadata.uid))
  await chatApp.patch({ websocket: { podTemplate: { metadata: { annotations: { rollout: 'one' } } } } })
  await eventually(async () => (await chatApp.pods('websocket')).length > 2)
  await kill('chat-app-system', await operatorPod())
  await chatApp.ready()
  const after = await chatApp.readyPods('websocket')
  expect(after).toHaveLength(2)
  expect(after.filter(({ metadata }) => before.has(metadata.uid))).toEqual([])
  await talk.continues()
  await expectNothingLost(talk)
})

test('survives the kill of the API server', async () => {
  const node = must(openNode(dirname(inject('kubeconfig'))), 'the node')
  const talk = await conversation()
  await talk.continues()
  await node.kill('kube-apiserver', 'SIGKILL')
  await talk.continues()
  // The operator must continue without a restart: it creates a deleted child again.
  const server = await chatApp.server()
  const service = ['chat-app', `${chatApp.name}-api`] as const
  const before = await eventually(() => server.get(SERVICES, ...service))
  await eventually(() => server.delete(SERVICES, ...service))
  await eventually(async () => {
    const { metadata } = await server.get(SERVICES, ...service)
    expect(metadata['uid']).not.toBe(before.metadata['uid'])
  })
  await chatApp.ready()
  await expectNothingLost(talk)
})

async function redisMaster(): Promise<string> {
  for (const i of [0, 1, 2, 3, 4, 5]) {
    const role = await run(['-n', 'chat-app-db', 'exec', `redis-${i}`, '--', 'redis-cli', 'role'])
    if (role.startsWith('master')) return `redis-${i}`
  }
  throw new Error('no Redis pod has the role master')
}

async function operatorPod(): Promise<string> {
  return run(['-n', 'chat-app-system', 'get', 'pods', '-o', 'jsonpath={.items[0].metadata.name}'])
}

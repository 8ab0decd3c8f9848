import { SERVICES } from '@chat-app/chat/resources'
import { dirname } from 'node:path'
import { openNode } from '@chat-app/sandbox-cluster'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { TestChatApp } from './support/chat-app.ts'
import { Conversation } from './support/conversation.ts'
import { eventually, must } from '@chat-app/testing'
import { sharedNode } from '@chat-app/sandbox-cluster/testing'

/** Something is killed while two users on two pods talk: all converges, and nothing acknowledged is lost, repeated or out of order. */

const run = sharedNode()
const chatApp = new TestChatApp(run, 'failures')
const nothingWrong = { lost: 0, duplicated: 0, reordered: 0 }

beforeAll(async () => {
  await chatApp.apply()
  await chatApp.ready()
})

afterAll(() => chatApp.delete())

async function conversation(): Promise<Conversation> {
  const users = await chatApp.users(2)
  return new Conversation(users, await chatApp.room(users), { everyMs: 10 })
}

async function endsWell(talk: Conversation): Promise<void> {
  const counts = await talk.end()
  expect(counts).toMatchObject(nothingWrong)
  expect(counts.sent).toBeGreaterThan(50)
  expect(counts.acknowledged).toBe(counts.sent)
  expect(counts.delivered).toBe(2 * counts.sent)
}

/** Without a grace period the kubelet kills at once. */
function kill(namespace: string, pod: string): Promise<string> {
  return run(['-n', namespace, 'delete', 'pod', pod, '--grace-period=0', '--force'])
}

test('a WebSocket pod is killed', async () => {
  const talk = await conversation()
  await talk.goesOn()
  const victim = must((await chatApp.readyPods('websocket'))[0])
  await kill('chat-app', victim.metadata.name)
  await talk.goesOn()
  await eventually(async () => (await chatApp.readyPods('websocket')).length === 2)
  await endsWell(talk)
  await chatApp.ready()
})

test('a master of the Redis Cluster is killed', async () => {
  const talk = await conversation()
  await talk.goesOn()
  await kill('chat-app-db', await redisMaster())
  await talk.goesOn(200)
  await endsWell(talk)
})

test('the operator is killed in the middle of a rollout', async () => {
  const talk = await conversation()
  const before = new Set((await chatApp.readyPods('websocket')).map(({ metadata }) => metadata.uid))
  await chatApp.patch({ websocket: { podTemplate: { metadata: { annotations: { rollout: 'one' } } } } })
  await eventually(async () => (await chatApp.pods('websocket')).length > 2)
  await kill('chat-app-system', await operatorPod())
  await chatApp.ready()
  const after = await chatApp.readyPods('websocket')
  expect(after).toHaveLength(2)
  expect(after.filter(({ metadata }) => before.has(metadata.uid))).toEqual([])
  await talk.goesOn()
  await endsWell(talk)
})

test('the API server is killed', async () => {
  const node = must(openNode(dirname(inject('kubeconfig'))), 'the node')
  const talk = await conversation()
  await talk.goesOn()
  await node.kill('kube-apiserver', 'SIGKILL')
  await talk.goesOn()
  // The operator goes on by itself: a child that is deleted comes back.
  const server = await chatApp.server()
  const service = ['chat-app', `${chatApp.name}-api`] as const
  const before = await eventually(() => server.get(SERVICES, ...service))
  await eventually(() => server.delete(SERVICES, ...service))
  await eventually(async () => {
    const { metadata } = await server.get(SERVICES, ...service)
    expect(metadata['uid']).not.toBe(before.metadata['uid'])
  })
  await chatApp.ready()
  await endsWell(talk)
})

async function redisMaster(): Promise<string> {
  for (const i of [0, 1, 2, 3, 4, 5]) {
    const role = await run(['-n', 'chat-app-db', 'exec', `redis-${i}`, '--', 'redis-cli', 'role'])
    if (role.startsWith('master')) return `redis-${i}`
  }
  throw new Error('no Redis pod says that it is a master')
}

async function operatorPod(): Promise<string> {
  return run(['-n', 'chat-app-system', 'get', 'pods', '-o', 'jsonpath={.items[0].metadata.name}'])
}

import { SERVICES } from '@chat-app/chat/resources'
import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import { openNode } from '@chat-app/sandbox-cluster'
import { startPageAddress } from '@chat-app/sandbox-servers'
import { connect, createRoom, register } from '@chat-app/services/client'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { TestChatApp } from './support/chat-app.ts'
import { conversation, expectNothingLost } from './support/conversation.ts'
import { kill, redisMaster } from './support/kill.ts'
import { eventually, must } from '@chat-app/testing'
import { sharedNode } from '@chat-app/sandbox-cluster/testing'

// A process is killed while two users on two pods chat. Everything recovers, and no acknowledged message is lost,
// duplicated or reordered.

const run = sharedNode()
const chatApp = new TestChatApp(run, 'failures')

beforeAll(async () => {
  const resources = { requests: { cpu: '10m', memory: '96Mi' }, limits: { cpu: '500m', memory: '256Mi' } }
  await chatApp.apply({ worker: { resources } })
  await chatApp.ready()
})

afterAll(() => chatApp.delete())

test('serves the chat page, its script and its connections at one address', async () => {
  const [api, websocket] = await Promise.all([chatApp.address('api'), chatApp.address('websocket')])
  const proxy = await startPageAddress({ api: `${api}:80`, websocket: `${websocket}:80` })
  try {
    const page = await fetch(proxy.url)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self';")
    const script = /<script [^>]*src="(\/app\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1]
    const answer = await fetch(proxy.url + must(script, 'the script of the page'))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')])
    const { token } = await register(proxy.url, { name: `page-${randomUUID().slice(0, 8)}`, password: randomUUID() })
    const user = await connect(`${proxy.url.replace('http', 'ws')}/ws`, { token })
    await user.join((await createRoom(proxy.url, token)).room)
    await user.close()
  } finally {
    await proxy.stop()
  }
})

test('runs a worker, which ends by itself when it is told to', async () => {
  const [pod] = await chatApp.readyPods('worker')
  const { name, uid } = must(pod, 'the pod of the worker').metadata
  const metrics = await (await fetch(`http://${pod?.status.podIP}:9090/metrics`)).text()
  expect(metrics).toMatch(/^chat_health\{component="db"\} 1$/m)
  const log = chatApp.kubectl(['logs', '--follow', name])
  await chatApp.kubectl(['delete', 'pod', name])
  expect(await log).toContain('"step":"finish work"')
  await eventually(async () => {
    const [next] = await chatApp.readyPods('worker')
    expect(must(next, 'the next pod').metadata.uid).not.toBe(uid)
  })
})

test('survives the kill of a WebSocket pod', async () => {
  const talk = await conversation(chatApp, 10)
  await talk.continues()
  const victim = must((await chatApp.readyPods('websocket'))[0])
  await kill(run, 'chat-app', victim.metadata.name)
  await talk.continues()
  await eventually(async () => (await chatApp.readyPods('websocket')).length === 2)
  await expectNothingLost(talk)
  await chatApp.ready()
})

test('survives the kill of a master of the Redis Cluster', async () => {
  const talk = await conversation(chatApp, 10)
  await talk.continues()
  await kill(run, 'chat-app-db', await redisMaster(run))
  await talk.continues(200)
  await expectNothingLost(talk)
})

test('survives the kill of the operator during a rollout', async () => {
  const talk = await conversation(chatApp, 10)
  const before = new Set((await chatApp.readyPods('websocket')).map(({ metadata }) => metadata.uid))
  await chatApp.patch({ websocket: { podTemplate: { metadata: { annotations: { rollout: 'one' } } } } })
  await eventually(async () => (await chatApp.pods('websocket')).length > 2)
  await kill(run, 'chat-app-system', await operatorPod())
  await chatApp.ready()
  const after = await chatApp.readyPods('websocket')
  expect(after).toHaveLength(2)
  expect(after.filter(({ metadata }) => before.has(metadata.uid))).toEqual([])
  await talk.continues()
  await expectNothingLost(talk)
})

test('survives the kill of the API server', async () => {
  const node = must(openNode(dirname(inject('kubeconfig'))), 'the node')
  const talk = await conversation(chatApp, 10)
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

async function operatorPod(): Promise<string> {
  return run(['-n', 'chat-app-system', 'get', 'pods', '-o', 'jsonpath={.items[0].metadata.name}'])
}

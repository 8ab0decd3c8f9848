import { NAMESPACES } from '@chat-app/sandbox-cluster/testing'
import { CHAT_APPS, OPTIONAL_CHILDREN, SERVICES, SERVICE_ACCOUNTS } from '@chat-app/chat/resources'
import { must } from '@chat-app/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { at } from '../src/runtime/json.ts'
import { eventually, makeChat, type Chat } from '../src/testing/chat.ts'
import { OwnApi, PXC } from '../src/testing/own-api.ts'

const [MONITORS, ROUTES] = [must(OPTIONAL_CHILDREN[0]), must(OPTIONAL_CHILDREN[1])]
const clusterRef = { kind: 'PerconaXtraDBCluster', name: 'mysql' } as const
const gateway = { parentRef: { name: 'edge' } }
const hosts = { api: 'api.chat-app.com', websocket: 'ws.chat-app.com' }
const OFTEN = { discoveryIntervalMs: 500 }

const api = OwnApi.forFile('kinds')
let chat: Chat
beforeEach(async () => {
  chat = await makeChat(api.kubeconfig)
  await chat.secrets()
})
afterEach(async () => {
  await chat.end()
  for (const resource of [MONITORS, ROUTES, PXC]) await api.uninstall(resource)
})

/** The reason of each status that the ChatApp has from now on. */
async function followReasons(): Promise<string[]> {
  const reasons: string[] = []
  await chat.follow(CHAT_APPS, (chatApp) => {
    const ready = at<{ type: string; status: string; reason: string; message: string }[]>(
      chatApp,
      'status',
      'conditions',
    )?.find(({ type }) => type === 'Ready')
    reasons.push(ready?.status === 'True' ? 'True' : `${ready?.reason}: ${ready?.message}`)
  })
  return reasons
}

function discoveries(): number {
  return chat.requests.filter(({ verb }) => verb === 'discover').length
}

test('a kind that is installed later is used, and one that is removed is no longer, while Ready stays True', async () => {
  await chat.chatApp()
  await chat.operator(OFTEN)
  await chat.reason('Ready')
  const reasons = await followReasons()
  for (let round = 0; round < 2; round += 1) {
    await api.install(MONITORS)
    await eventually(async () => expect(await chat.list(MONITORS)).toHaveLength(2))
    // It is watched: a deleted one is created again.
    await chat.delete(MONITORS, 'chat-api')
    await eventually(async () => expect(await chat.get(MONITORS, 'chat-api')).toBeDefined())
    await api.uninstall(MONITORS)
  }
  // Repairs continue without the kind.
  await chat.delete(SERVICES, 'chat-api')
  await eventually(async () => expect(await chat.get(SERVICES, 'chat-api')).toBeDefined())
  const before = chat.requests.length
  await eventually(() => expect(discoveries()).toBeGreaterThan(3))
  await eventually(() =>
    expect(chat.requests.slice(before).filter(({ verb }) => verb === 'discover').length).toBeGreaterThan(1),
  )
  expect([...new Set(reasons)]).toEqual(['True'])
  const unserved = chat.requests.slice(before).filter(({ path }) => path.includes(MONITORS.plural))
  expect(unserved).toEqual([])
})

test('a ChatApp waits for a kind that it needs, and continues when it is installed', async () => {
  await api.install(ROUTES, ['v1beta1'])
  await chat.chatApp({ exposure: { type: 'Gateway', hosts, gateway }, database: { clusterRef } })
  await chat.operator(OFTEN)
  // Only another version than the one that is rendered is served.
  expect((await chat.reason('KindNotInstalled')).message).toContain('gateway.networking.k8s.io/v1 HTTPRoute')
  await api.install(ROUTES, ['v1beta1', 'v1'])
  const { message } = await chat.reason('WaitingForCluster')
  expect(message).toContain('the cluster does not serve the kind pxc.percona.com/PerconaXtraDBCluster')
  await api.install(PXC)
  await eventually(async () => expect((await chat.reason('WaitingForCluster')).message).toContain('it does not exist'))
  await api.database(chat.namespace, 'ready')
  await chat.reason('Ready')
  expect(await chat.list(ROUTES)).toHaveLength(2)

  // The watch moves to another version.
  await api.install(PXC, ['v1', 'v2'])
  await eventually(() =>
    expect(chat.requests.some(({ verb, path }) => verb === 'watch' && path.includes('/v2/'))).toBe(true),
  )
  await api.database(chat.namespace, 'error', 'mysql', 'v2')
  await chat.reason('WaitingForCluster')
})

test('kinds are asked for once an interval for all ChatApps, without a body, and not without a ChatApp', async () => {
  const operator = await chat.operator(OFTEN)
  await operator.leading
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(discoveries()).toBe(0)
  for (const name of ['a', 'b', 'c']) await chat.chatApp({}, name)
  for (const name of ['a', 'b', 'c']) await chat.reason('Ready', name)
  const startMs = performance.now()
  const before = discoveries()
  await eventually(() => expect(discoveries()).toBeGreaterThan(before + 4))
  const elapsedMs = performance.now() - startMs
  expect(discoveries() - before).toBeLessThanOrEqual(elapsedMs / OFTEN.discoveryIntervalMs + 1)
  // The server may still publish the kinds that other tests have removed.
  await eventually(() => {
    const codes = chat.requests.filter(({ verb }) => verb === 'discover').map(({ code }) => code)
    expect(codes.slice(-4)).toEqual([304, 304, 304, 304])
  })
})

test('a namespace that is deleted and made again is served as before', async () => {
  // Without pods, for whose grace period the namespace would wait.
  await chat.chatApp({ hibernated: true })
  await chat.operator(OFTEN)
  await chat.reason('Hibernated')
  const { uid } = must(await chat.get(CHAT_APPS, 'chat')).metadata
  await api.server.delete(NAMESPACES, undefined, chat.namespace)
  await eventually(async () => {
    const names = (await api.server.list(NAMESPACES)).map(({ metadata }) => metadata.name)
    expect(names).not.toContain(chat.namespace)
  })
  await api.server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: chat.namespace } })
  await eventually(async () => expect((await chat.list(SERVICE_ACCOUNTS)).length).toBeGreaterThan(0))
  await chat.chatApp()
  await chat.secrets()
  await chat.reason('Ready')
  expect(must(await chat.get(CHAT_APPS, 'chat')).metadata.uid).not.toBe(uid)
})

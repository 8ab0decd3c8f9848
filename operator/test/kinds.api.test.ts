import { startApi, type Cluster } from '@chat-app/sandbox-cluster'
import { ApiServer, CRDS, NAMESPACES, crdOf, established, installChatApps } from '@chat-app/sandbox-cluster/testing'
import { CHAT_APPS, OPTIONAL_CHILDREN, SERVICES, SERVICE_ACCOUNTS, type Resource } from '@chat-app/chat/resources'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must } from '@chat-app/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { at } from '../src/runtime/json.ts'
import { eventually, makeChat, type Chat } from '../src/testing/chat.ts'

const [MONITORS, ROUTES] = [must(OPTIONAL_CHILDREN[0]), must(OPTIONAL_CHILDREN[1])]
const PXC: Resource = {
  group: 'pxc.percona.com',
  version: 'v1',
  kind: 'PerconaXtraDBCluster',
  plural: 'perconaxtradbclusters',
}
const clusterRef = { kind: 'PerconaXtraDBCluster', name: 'mysql' } as const
const gateway = { parentRef: { name: 'edge' } }
const hosts = { api: 'api.chat-app.com', websocket: 'ws.chat-app.com' }
const OFTEN = { discoveryIntervalMs: 500 }

// CRDs concern a whole API server, so these tests have one of their own.
let dir: string
let cluster: Cluster
let server: ApiServer
let chat: Chat
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'chat-app-kinds-'))
  cluster = await startApi({ dir: join(dir, 'cluster'), name: 'kinds' })
  server = ApiServer.of(cluster.kubeconfig)
  await installChatApps(cluster.kubeconfig)
})
afterAll(async () => {
  await server?.close()
  await cluster?.stop()
  await rm(dir, { recursive: true })
})
beforeEach(async () => {
  chat = await makeChat(cluster.kubeconfig)
  await chat.secrets()
})
afterEach(async () => {
  await chat.end()
  for (const resource of [MONITORS, ROUTES, PXC]) await uninstall(resource)
})

async function install(resource: Resource, versions?: string[]): Promise<void> {
  await server.apply(crdOf(resource, versions))
  await established(server)
}

async function uninstall({ plural, group }: Resource): Promise<void> {
  await server.delete(CRDS, undefined, `${plural}.${group}`)
  await eventually(async () => {
    const names = (await server.list(CRDS)).map(({ metadata }) => metadata.name)
    expect(names).not.toContain(`${plural}.${group}`)
  })
}

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
  const log: string[] = []
  await chat.operator(OFTEN)
  await chat.reason('Ready')
  const reasons = await followReasons()
  for (let round = 0; round < 2; round += 1) {
    await install(MONITORS)
    await eventually(async () => expect(await chat.list(MONITORS)).toHaveLength(2))
    // It is watched: a deleted one is created again.
    await chat.delete(MONITORS, 'chat-api')
    await eventually(async () => expect(await chat.get(MONITORS, 'chat-api')).toBeDefined())
    await uninstall(MONITORS)
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
  expect(log).toEqual([])
  const unserved = chat.requests.slice(before).filter(({ path }) => path.includes(MONITORS.plural))
  expect(unserved).toEqual([])
})

test('a ChatApp waits for a kind that it needs, and continues when it is installed', async () => {
  await install(ROUTES, ['v1beta1'])
  await chat.chatApp({ exposure: { type: 'Gateway', hosts, gateway }, database: { clusterRef } })
  await chat.operator(OFTEN)
  // Only another version than the one that is rendered is served.
  expect((await chat.reason('KindNotInstalled')).message).toContain('gateway.networking.k8s.io/v1 HTTPRoute')
  await install(ROUTES, ['v1beta1', 'v1'])
  const { message } = await chat.reason('WaitingForCluster')
  expect(message).toContain('the cluster does not serve the kind pxc.percona.com/PerconaXtraDBCluster')
  await install(PXC)
  await eventually(async () => expect((await chat.reason('WaitingForCluster')).message).toContain('it does not exist'))
  await chat.apply({ apiVersion: 'pxc.percona.com/v1', kind: PXC.kind, metadata: { name: 'mysql' } })
  await chat.edit(PXC, 'mysql', { status: { state: 'ready' } }, 'status')
  await chat.reason('Ready')
  expect(await chat.list(ROUTES)).toHaveLength(2)

  // The watch moves to another version.
  const v2 = { ...PXC, version: 'v2' }
  await install(PXC, ['v1', 'v2'])
  await eventually(() =>
    expect(chat.requests.some(({ verb, path }) => verb === 'watch' && path.includes('/v2/'))).toBe(true),
  )
  await chat.edit(v2, 'mysql', { status: { state: 'error' } }, 'status')
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
  const codes = chat.requests.filter(({ verb }) => verb === 'discover').map(({ code }) => code)
  expect(codes.slice(1)).toEqual(codes.slice(1).map(() => 304))
})

test('a namespace that is deleted and made again is served as before', async () => {
  await chat.chatApp()
  await chat.operator(OFTEN)
  await chat.reason('Ready')
  const { uid } = must(await chat.get(CHAT_APPS, 'chat')).metadata
  await server.delete(NAMESPACES, undefined, chat.namespace)
  await eventually(async () => {
    const names = (await server.list(NAMESPACES)).map(({ metadata }) => metadata.name)
    expect(names).not.toContain(chat.namespace)
  })
  await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: chat.namespace } })
  await eventually(async () => expect((await chat.list(SERVICE_ACCOUNTS)).length).toBeGreaterThan(0))
  await chat.chatApp()
  await chat.secrets()
  await chat.reason('Ready')
  expect(must(await chat.get(CHAT_APPS, 'chat')).metadata.uid).not.toBe(uid)
})

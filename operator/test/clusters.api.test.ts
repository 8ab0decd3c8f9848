import { CHAT_APPS, DEPLOYMENTS, SERVICES } from '@chat-app/chat/resources'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually, makeChat, type Chat } from '../src/testing/chat.ts'
import { installPermissions, operatorKubeconfig } from '../src/testing/install.ts'
import { OwnApi, PXC } from '../src/testing/own-api.ts'

const api = OwnApi.forFile('clusters')
let chat: Chat
/** The namespace of the databases. */
let data: Chat
beforeAll(() => api.install(PXC))
beforeEach(async () => {
  chat = await makeChat(api.kubeconfig)
  data = await makeChat(api.kubeconfig)
  await chat.secrets()
})
afterEach(async () => {
  await chat.end()
  await data.end()
})

/** Far below the 30 s after which a cluster that is not watched is asked. It takes a tenth of a second. */
const NOTICED_MS = 2000

const use = (name = 'mysql', namespace = data.namespace) => ({
  database: { clusterRef: { kind: 'PerconaXtraDBCluster' as const, name, namespace } },
})

/** Waits for the condition of the clusters; returns its message and how long it took. */
async function clustersReady(reason: string, name = 'chat'): Promise<{ message: string; afterMs: number }> {
  const startMs = performance.now()
  const condition = await eventually(async () => {
    const found = await chat.condition('ClustersReady', name)
    if (found?.reason !== reason) throw new Error(`ClustersReady is ${JSON.stringify(found)}, waiting for ${reason}`)
    return found
  })
  return { message: condition.message, afterMs: performance.now() - startMs }
}

/** The watches of databases that were opened, by namespace. */
function watched(): string[] {
  const paths = chat.requests.filter(({ verb }) => verb === 'watch').map(({ path }) => path)
  return paths.filter((path) => path.endsWith(PXC.plural)).map((path) => path.split('/').at(-2) ?? '')
}

/** How often the database in the other namespace was asked. */
function asked(): number {
  return chat.requests.filter(({ path }) => path.endsWith(`/${data.namespace}/${PXC.plural}/mysql`)).length
}

test('a database that is no longer ready is noticed within 2 s, and what runs goes on', async () => {
  await api.database(data.namespace, 'ready')
  await chat.chatApp(use())
  await chat.operator()
  await chat.reason('Ready')
  const before = await chat.list(DEPLOYMENTS)
  for (const _ of [1, 2]) {
    await api.server.patch(
      PXC,
      data.namespace,
      'mysql',
      { status: { state: 'initializing', size: 3, ready: 2 } },
      'status',
    )
    const lost = await clustersReady('WaitingForCluster')
    expect(lost.message).toContain(`${data.namespace}/mysql: initializing, 2/3 nodes ready (spec.database.clusterRef)`)
    expect(lost.afterMs).toBeLessThan(NOTICED_MS)
    expect(await chat.condition('ApiAvailable')).toMatchObject({ status: 'True' })
    await api.database(data.namespace, 'ready')
    expect((await clustersReady('Ready')).afterMs).toBeLessThan(NOTICED_MS)
  }
  await api.server.delete(PXC, data.namespace, 'mysql')
  expect((await clustersReady('WaitingForCluster')).message).toContain('it does not exist')
  expect((await chat.list(DEPLOYMENTS)).map(({ metadata }) => metadata.uid)).toEqual(
    before.map(({ metadata }) => metadata.uid),
  )
  await api.database(data.namespace, 'ready')
  await chat.reason('Ready')
})

test('there is one watch for a namespace that ChatApps name, and none once none of them does', async () => {
  await api.database(data.namespace, 'ready')
  await api.database(chat.namespace, 'ready')
  const names = ['a', 'b', 'c']
  for (const name of names) await chat.chatApp(use(), name)
  await chat.operator()
  for (const name of names) await chat.reason('Ready', name)
  expect(watched()).toEqual([data.namespace])
  // Another namespace instead, then no ChatApp at all, then again one.
  for (const name of names) await chat.chatApp(use('mysql', chat.namespace), name)
  await eventually(() => expect(watched()).toEqual([data.namespace, chat.namespace]))
  for (const name of names) {
    await eventually(async () => expect(await chat.status(name)).toMatchObject({ observedGeneration: 2 }))
    await chat.delete(CHAT_APPS, name)
  }
  await chat.chatApp(use(), 'd')
  await chat.reason('Ready', 'd')
  await eventually(() => expect(watched()).toEqual([data.namespace, chat.namespace, data.namespace]))
})

describe('with the permissions of its install', () => {
  const ASK_MS = 2000
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clusters-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  beforeEach(async () => {
    await installPermissions(chat)
    const kubeconfig = join(folder, chat.namespace)
    await writeFile(kubeconfig, await operatorKubeconfig(chat, api.kubeconfig), { mode: 0o600 })
    await chat.operator({ kubeconfig, podAccess: 'direct', clusterAskMs: ASK_MS })
    await api.database(data.namespace, 'ready')
    await api.database(chat.namespace, 'ready')
  })

  /** Lets the operator do this with databases in the other namespace. */
  async function grant(...verbs: string[]): Promise<void> {
    const metadata = { name: 'databases', namespace: data.namespace }
    const apiGroup = 'rbac.authorization.k8s.io'
    const subjects = [{ kind: 'ServiceAccount', name: 'chat-app-operator', namespace: chat.namespace }]
    const rules = [{ apiGroups: [PXC.group], resources: [PXC.plural], verbs }]
    await api.server.apply({ apiVersion: `${apiGroup}/v1`, kind: 'Role', metadata, rules })
    const roleRef = { apiGroup, kind: 'Role', name: 'databases' }
    await api.server.apply({ apiVersion: `${apiGroup}/v1`, kind: 'RoleBinding', metadata, subjects, roleRef })
  }

  test('a namespace without a permission is named with the remedy, and stops nothing else', async () => {
    await chat.chatApp(use(), 'without')
    await chat.chatApp(use('mysql', chat.namespace), 'with')
    await chat.reason('Ready', 'with')
    const { message } = await chat.reason('RefNotPermitted', 'without')
    expect(message).toContain(`may not read PerconaXtraDBCluster ${data.namespace}/mysql (spec.database.clusterRef)`)
    expect(message).toContain(`add ${data.namespace} to clusterNamespaces`)
    expect(message).toContain('get, list and watch of perconaxtradbclusters.pxc.percona.com')
    // The other watch goes on, and so does what needs no database.
    await api.database(chat.namespace, 'error')
    expect((await clustersReady('WaitingForCluster', 'with')).afterMs).toBeLessThan(NOTICED_MS)
    await chat.delete(SERVICES, 'without-api')
    await eventually(async () => expect(await chat.get(SERVICES, 'without-api')).toBeDefined())
    await grant('get', 'list', 'watch')
    await chat.reason('Ready', 'without')
    await api.database(data.namespace, 'error')
    expect((await clustersReady('WaitingForCluster', 'without')).afterMs).toBeLessThan(NOTICED_MS)
  })

  test('a namespace that grants only `get` is asked', async () => {
    await grant('get')
    await chat.chatApp(use())
    await chat.reason('Ready')
    await api.database(data.namespace, 'error')
    expect((await clustersReady('WaitingForCluster')).message).toContain('mysql: error')
    const before = asked()
    const startMs = performance.now()
    await eventually(() => expect(asked()).toBeGreaterThan(before + 2))
    expect(asked() - before).toBeLessThanOrEqual((performance.now() - startMs) / ASK_MS + 1)
  })
})

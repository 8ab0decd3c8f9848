import { CONFIG_MAPS } from '@chat-app/chat/resources'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test as plain } from 'vitest'
import { parse } from 'yaml'
import { makeNamespace, NAMESPACES, test } from '../testing/api.ts'
import { ApiServer } from '../testing/api-server.ts'
import { eventually, listeningAddresses, must } from '@chat-app/testing'
import { openApi, startApi } from './api.ts'
import { kubectl } from '@chat-app/kubectl'
import { identify, readState } from '@chat-app/sandbox-machine'
import type { Cluster } from '../cluster.ts'

/** Sends a request without a client certificate. Returns the status and the body of the response. */
function call(path: string, token?: string): Promise<{ status: number | undefined; body: string }> {
  const [{ cluster }] = parse(readFileSync(inject('kubeconfig'), 'utf8')).clusters
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64')
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const sent = request(`${cluster.server}${path}`, { ca, headers, agent: false }, (response) => {
      let body = ''
      response
        .on('data', (data) => (body += String(data)))
        .on('end', () => resolve({ status: response.statusCode, body }))
    })
    sent.on('error', reject).end()
  })
}

describe('access', () => {
  plain('an anonymous user can read only health and version', async () => {
    expect(await call('/readyz')).toMatchObject({ status: 200 })
    const refused = await call('/api/v1/namespaces')
    expect(refused).toMatchObject({ status: 403, body: expect.stringContaining('system:anonymous') })
  })

  plain('an invalid token is refused', async () => {
    expect(await call('/api/v1/namespaces', 'admin')).toMatchObject({ status: 401 })
  })

  plain('a client without the root certificate does not connect', async () => {
    const [{ cluster }] = parse(readFileSync(inject('kubeconfig'), 'utf8')).clusters
    await expect(fetch(`${cluster.server}/readyz`)).rejects.toThrow('fetch failed')
  })

  test('a service account may do what RBAC grants it, and no more', async ({ namespace, runHere }) => {
    const token = (await runHere(['create', 'token', 'default'])).trim()
    const configMaps = `/api/v1/namespaces/${namespace}/configmaps`
    expect(await call(configMaps, token)).toMatchObject({ status: 403 })
    await runHere(['create', 'role', 'reader', '--verb=list', '--resource=configmaps'])
    await runHere(['create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:default`])
    await eventually(async () => expect(await call(configMaps, token)).toMatchObject({ status: 200 }))
    expect(await call(`/api/v1/namespaces/${namespace}/secrets`, token)).toMatchObject({ status: 403 })
    expect(await call('/api/v1/namespaces/kube-system/configmaps', token)).toMatchObject({ status: 403 })
  })

  test('every namespace contains the root certificate of the API server', async ({ server, namespace }) => {
    const { data } = await eventually(() => server.get<ConfigMap>(CONFIG_MAPS, namespace, 'kube-root-ca.crt'))
    const [{ cluster }] = parse(readFileSync(inject('kubeconfig'), 'utf8')).clusters
    expect(data['ca.crt']).toBe(Buffer.from(cluster['certificate-authority-data'], 'base64').toString())
  })
})

describe('admission', () => {
  const pod = (namespace: string, securityContext: object) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod', namespace },
    spec: { containers: [{ name: 'main', image: 'sandbox.local/none:1', securityContext }] },
  })

  test('a restricted namespace refuses a privileged pod and gives the reason', async ({ server }) => {
    const namespace = await makeNamespace(server, { 'pod-security.kubernetes.io/enforce': 'restricted' })
    const create = (securityContext: object) => server.create(pod(namespace, securityContext))
    await expect(create({ privileged: true })).rejects.toThrow(/violates PodSecurity "restricted[\s\S]*privileged/)
    const restricted = {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    }
    await create(restricted)
    await server.delete(NAMESPACES, undefined, namespace)
  })

  test('a namespace is deleted together with its objects', async ({ server }) => {
    const namespace = await makeNamespace(server)
    await server.create(configMap(namespace, 'some'))
    await server.delete(NAMESPACES, undefined, namespace)
    await eventually(() => expect(server.get(NAMESPACES, undefined, namespace)).rejects.toThrow('not found'))
  })

  test('the dependents of a deleted object are garbage-collected', async ({ server, namespace }) => {
    await server.create(configMap(namespace, 'owner'))
    const { uid } = (await server.get<ConfigMap>(CONFIG_MAPS, namespace, 'owner')).metadata
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }]
    await server.create(configMap(namespace, 'owned', { ownerReferences }))
    await server.delete(CONFIG_MAPS, namespace, 'owner')
    await eventually(() => expect(server.get(CONFIG_MAPS, namespace, 'owned')).rejects.toThrow('not found'))
  })
})

describe('a second cluster', () => {
  const dir = mkdtempSync(join(tmpdir(), 'clusters-'))
  let cluster: Cluster
  let server: ApiServer

  beforeAll(async () => {
    cluster = await startApi({ dir: join(dir, 'one') })
    server = ApiServer.of(cluster.kubeconfig)
  })
  afterAll(async () => {
    await server?.close()
    await cluster?.stop()
    rmSync(dir, { recursive: true })
  })

  test('runs beside the shared one, with its own objects and its own root certificate', async ({ server: shared }) => {
    const here = await makeNamespace(server)
    await expect(shared.get(NAMESPACES, undefined, here)).rejects.toThrow('not found')
    const [own, theirs] = [cluster.kubeconfig, inject('kubeconfig')].map((file) => parse(readFileSync(file, 'utf8')))
    const [{ cluster: mine }] = own.clusters
    const stranger = {
      ...own,
      clusters: [{ name: 'one', cluster: { ...mine, server: theirs.clusters[0].cluster.server } }],
    }
    expect(stranger.clusters[0]?.cluster.server).not.toBe(mine.server)
    writeFileSync(join(dir, 'stranger'), JSON.stringify(stranger))
    const run = kubectl({ binary: cluster.kubectl, kubeconfig: join(dir, 'stranger') })
    await expect(run(['get', 'namespaces'])).rejects.toThrow('certificate signed by unknown authority')
  })

  plain('has a kubeconfig and a folder that only the owner can read', () => {
    const { kubeconfig, dir: folder } = cluster
    expect([statSync(kubeconfig).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700])
  })

  plain.runIf(process.platform === 'linux')('listens on loopback only', () => {
    const processes = Object.values(must(readState(cluster.dir)).processes)
    const addresses = listeningAddresses(processes.map(({ identity }) => must(identity).pid))
    // etcd for clients and for peers, the API server, the controller manager.
    expect(addresses).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1'])
  })

  plain('restarts a killed API server at the same address with all its data', async () => {
    await server.create(configMap('default', 'kept'))
    await cluster.kill('kube-apiserver', 'SIGKILL')
    const get = () => server.get<ConfigMap>(CONFIG_MAPS, 'default', 'kept')
    expect((await eventually(get)).data).toEqual({ a: 'b' })
  })

  plain('restarts a killed etcd with all its data', async () => {
    await server.create(configMap('default', 'stored'))
    await cluster.kill('etcd', 'SIGKILL')
    const get = () => server.get<ConfigMap>(CONFIG_MAPS, 'default', 'stored')
    expect((await eventually(get)).data).toEqual({ a: 'b' })
  })

  plain('restarts killed controllers, which continue their work', async () => {
    await cluster.kill('kube-controller-manager', 'SIGKILL')
    expect(await makeNamespace(server)).toMatch(/^test-/)
  })

  plain('can be opened by its folder, in which a second start is refused', async () => {
    expect(openApi(cluster.dir)).toMatchObject({ server: cluster.server, name: cluster.name })
    await expect(startApi({ dir: cluster.dir })).rejects.toThrow('a sandbox is already running in this folder')
  })

  plain('refuses a folder with other files, and does not change it', async () => {
    writeFileSync(join(dir, 'mine'), 'precious')
    await expect(startApi({ dir })).rejects.toThrow('is not empty and does not belong to a sandbox')
    expect(readFileSync(join(dir, 'mine'), 'utf8')).toBe('precious')
  })

  plain('leaves no process and no file after it is stopped', async () => {
    const { supervisor, processes } = must(readState(cluster.dir))
    const pids = [supervisor.pid, ...Object.values(processes).map(({ identity }) => must(identity).pid)]
    expect(pids).toHaveLength(4)
    await cluster.stop()
    expect(pids.map(identify)).toEqual([undefined, undefined, undefined, undefined])
    expect(existsSync(cluster.dir)).toBe(false)
    await cluster.stop()
  })
})

interface ConfigMap {
  readonly metadata: { readonly uid: string }
  readonly data: Readonly<Record<string, string>>
}

function configMap(namespace: string, name: string, more: object = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...more }, data: { a: 'b' } }
}

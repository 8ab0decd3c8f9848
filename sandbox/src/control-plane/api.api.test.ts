import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test as plain } from 'vitest'
import { parse } from 'yaml'
import { makeNamespace, test } from '../../../test/support/api.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { listeningAddresses } from '../../../test/support/listening.ts'
import { must } from '../../../test/support/must.ts'
import { openApi, startApi } from './api.ts'
import { kubectl } from '../../../kubectl/kubectl.ts'
import { identify } from '../system/process-identity.ts'
import { readState } from '../supervisor/plan.ts'
import type { Cluster } from '../types.ts'

/** What a client without a certificate gets, with or without a token: status and body. */
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
  plain('nobody in particular sees nothing but health and version', async () => {
    expect(await call('/readyz')).toMatchObject({ status: 200 })
    const refused = await call('/api/v1/namespaces')
    expect(refused).toMatchObject({ status: 403, body: expect.stringContaining('system:anonymous') })
  })

  plain('a made-up token is refused', async () => {
    expect(await call('/api/v1/namespaces', 'admin')).toMatchObject({ status: 401 })
  })

  plain('a client that does not know our root does not connect', async () => {
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

  test('every namespace has the root to check the API server with', async ({ runHere }) => {
    const root = await eventually(() =>
      runHere(['get', 'configmap', 'kube-root-ca.crt', '-o', 'jsonpath={.data.ca\\.crt}']),
    )
    const [{ cluster }] = parse(readFileSync(inject('kubeconfig'), 'utf8')).clusters
    expect(root).toBe(Buffer.from(cluster['certificate-authority-data'], 'base64').toString())
  })
})

describe('admission', () => {
  const pod = (securityContext: object) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pod' },
      spec: { containers: [{ name: 'main', image: 'sandbox.local/none:1', securityContext }] },
    })

  test('a restricted namespace refuses a privileged pod, with the reason', async ({ run }) => {
    const namespace = await makeNamespace(run, { 'pod-security.kubernetes.io/enforce': 'restricted' })
    const create = (input: string) => run(['-n', namespace, 'create', '-f', '-'], { input })
    await expect(create(pod({ privileged: true }))).rejects.toThrow(/violates PodSecurity "restricted[\s\S]*privileged/)
    const restricted = {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    }
    await create(pod(restricted))
    await run(['delete', 'namespace', namespace, '--wait=false'])
  })

  test('a deleted namespace goes with all that is in it', async ({ run }) => {
    const namespace = await makeNamespace(run)
    await run(['-n', namespace, 'create', 'configmap', 'some'])
    await run(['delete', 'namespace', namespace, '--timeout=30s'])
    await expect(run(['get', 'namespace', namespace])).rejects.toThrow('NotFound')
  })

  test('what belongs to a deleted object is collected', async ({ runHere }) => {
    await runHere(['create', 'configmap', 'owner'])
    const uid = await runHere(['get', 'configmap', 'owner', '-o', 'jsonpath={.metadata.uid}'])
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }]
    const metadata = { name: 'owned', ownerReferences }
    await runHere(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata }) })
    await runHere(['delete', 'configmap', 'owner'])
    await eventually(() => expect(runHere(['get', 'configmap', 'owned'])).rejects.toThrow('NotFound'))
  })
})

describe('clusters of their own', () => {
  const dir = mkdtempSync(join(tmpdir(), 'clusters-'))
  const clusters: Cluster[] = []
  const runOn = (index: number) => {
    const { kubectl: binary, kubeconfig } = must(clusters[index])
    return kubectl({ binary, kubeconfig })
  }

  beforeAll(async () => {
    clusters.push(...(await Promise.all(['one', 'two'].map((name) => startApi({ dir: join(dir, name) })))))
  })
  afterAll(async () => {
    await Promise.all(clusters.map((cluster) => cluster.stop()))
    rmSync(dir, { recursive: true })
  })

  plain('stand side by side and know nothing of each other', async () => {
    expect(new Set(clusters.map(({ server }) => server)).size).toBe(2)
    await runOn(0)(['create', 'namespace', 'only-here'])
    await expect(runOn(1)(['get', 'namespace', 'only-here'])).rejects.toThrow('NotFound')
    const [one, two] = clusters.map(({ kubeconfig }) => parse(readFileSync(kubeconfig, 'utf8')))
    const stranger = {
      ...one,
      clusters: [{ name: 'one', cluster: { ...one.clusters[0].cluster, server: two.clusters[0].cluster.server } }],
    }
    writeFileSync(join(dir, 'stranger'), JSON.stringify(stranger))
    const run = kubectl({ binary: must(clusters[0]).kubectl, kubeconfig: join(dir, 'stranger') })
    await expect(run(['get', 'namespaces'])).rejects.toThrow('certificate signed by unknown authority')
  })

  plain('keep their secrets to their owner', () => {
    const { kubeconfig, dir: folder } = must(clusters[0])
    expect([statSync(kubeconfig).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700])
  })

  plain.runIf(process.platform === 'linux')('listen on loopback only', () => {
    const processes = Object.values(must(readState(must(clusters[0]).dir)).processes)
    const addresses = listeningAddresses(processes.map(({ identity }) => must(identity).pid))
    // The store for its client and its peers, the API server, the controllers.
    expect(addresses).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1'])
  })

  plain('an API server that is killed comes back at the same address with all its data', async () => {
    await runOn(0)(['create', 'configmap', 'kept', '--from-literal=a=b'])
    await must(clusters[0]).kill('kube-apiserver', 'SIGKILL')
    const get = () => runOn(0)(['get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}'])
    expect(await eventually(get, { timeoutMs: 30_000 })).toBe('b')
  })

  plain('so does the store', async () => {
    await runOn(0)(['create', 'configmap', 'stored', '--from-literal=a=b'])
    await must(clusters[0]).kill('etcd', 'SIGKILL')
    const get = () => runOn(0)(['get', 'configmap', 'stored', '-o', 'jsonpath={.data.a}'])
    expect(await eventually(get, { timeoutMs: 30_000 })).toBe('b')
  })

  plain('controllers that are killed go on with their work', async () => {
    await must(clusters[0]).kill('kube-controller-manager', 'SIGKILL')
    const namespace = await makeNamespace(runOn(0))
    expect(namespace).toMatch(/^test-/)
  })

  plain('are found again by their folder, and refuse a second start there', async () => {
    const { dir: folder, server, name } = must(clusters[0])
    expect(openApi(folder)).toMatchObject({ server, name })
    await expect(startApi({ dir: folder })).rejects.toThrow('already runs there')
  })

  plain('refuse a folder that holds something else, and leave it alone', async () => {
    writeFileSync(join(dir, 'mine'), 'precious')
    await expect(startApi({ dir })).rejects.toThrow("is not empty and not a sandbox's")
    expect(readFileSync(join(dir, 'mine'), 'utf8')).toBe('precious')
  })

  plain('leave no process and no file when they are stopped', async () => {
    const cluster = must(clusters.pop())
    const { supervisor, processes } = must(readState(cluster.dir))
    const pids = [supervisor.pid, ...Object.values(processes).map(({ identity }) => must(identity).pid)]
    expect(pids).toHaveLength(4)
    await cluster.stop()
    expect(pids.map(identify)).toEqual([undefined, undefined, undefined, undefined])
    expect(existsSync(cluster.dir)).toBe(false)
    await cluster.stop()
  })
})

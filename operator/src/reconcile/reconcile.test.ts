import type { ChatApp } from '@chat-app/crds'
import { afterEach, describe, expect, test } from 'vitest'
import { ClusterWatches } from '../cache/cluster-watches.ts'
import { digestSecret } from '../cache/secret-digest.ts'
import { World } from '../cache/world.ts'
import { EndedJobs } from '../observe/ended-jobs.ts'
import type { KubeObject } from '../runtime/types.ts'
import { readyOf } from '../status/status.ts'
import { faultyServer, json, refuse, type FaultyServer } from '../testing/faulty-server.ts'
import { CREDENTIALS } from '../testing/secrets.ts'
import type { Operator } from './operator.ts'
import { reconcile } from './reconcile.ts'

let server: FaultyServer
afterEach(() => server.close())

/** An operator that has read one ChatApp; the server stores its writes, or refuses them with this status. */
async function operatorOf(spec: object, changes: object = {}, status = 200): Promise<Operator> {
  const metadata = { name: 'chat', namespace: 'ns', uid: 'u', generation: 3, resourceVersion: '1', ...changes }
  const chatApp = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata, spec }
  server = await faultyServer((seen, response) => {
    if (status >= 300) return refuse(response, status, 'Refused')
    if (seen.method !== 'PATCH') return refuse(response, 404, 'NotFound')
    const stored = { ...metadata, resourceVersion: '2' }
    json(
      response,
      200,
      seen.path.endsWith('/status') ? { ...chatApp, ...(seen.body as object), spec, metadata: stored } : seen.body,
    )
  })
  const world = new World()
  world.store('ChatApp').upsert(chatApp)
  return {
    client: server.client,
    world,
    clusters: new ClusterWatches({
      client: server.client,
      onChange: () => {},
      onError: () => {},
      onGone: () => {},
      onWatch: () => {},
    }),
    discovery: { kinds: () => Promise.resolve(new Map()), isNewerThan: () => Promise.resolve(false) },
    askPod: () => Promise.reject(new Error('no pod is asked')),
    memory: { failedRuns: new Map(), jobs: new EndedJobs(), normalized: new Map() },
    onWrites: () => {},
    onStatus: () => {},
    onNormalized: () => {},
    now: () => new Date('2026-01-01T00:00:00Z'),
  }
}

/** The Secrets that a ChatApp uses by default. */
function addSecrets(world: World): void {
  for (const [name, stringData] of Object.entries(CREDENTIALS)) {
    const data = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
    const metadata = { name, namespace: 'ns', uid: `u-${name}`, resourceVersion: '1' }
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: Object.fromEntries(data) as object }
    world.store('Secret').upsert(digestSecret(secret))
  }
}

/** The methods of the requests for one object, after the first `from` requests. */
function sent(path: string, from: number): string[] {
  return server.requests
    .slice(from)
    .filter((request) => request.path.endsWith(path))
    .map(({ method }) => method)
}

function writes(): string[] {
  return server.requests
    .filter(({ method }) => method === 'PATCH')
    .map(({ path }) => path.split('/').slice(-2).join('/'))
}

describe('a reconciliation', () => {
  test('of a ChatApp that does not exist, or is being deleted, does nothing', async () => {
    const operator = await operatorOf({ version: '1.0.0' }, { deletionTimestamp: '2026-01-01T00:00:00Z' })
    expect(await reconcile('ns/unknown', operator)).toEqual({ type: 'done' })
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'done' })
    expect(server.requests).toEqual([])
  })

  test('of an invalid ChatApp names the field, and waits for a change', async () => {
    const operator = await operatorOf({ version: '1.0.0', api: { replicas: -7 } })
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'done' })
    expect(writes()).toEqual(['chat/status'])
    const ready = readyOf(operator.world.chatApp('ns/chat')?.status)
    expect(ready).toMatchObject({ status: 'False', reason: 'InvalidSpec', observedGeneration: 3 })
    expect(ready?.message).toContain('spec.api.replicas')
    expect(ready?.message).toContain('-7')
    const stalled = operator.world.chatApp('ns/chat')?.status?.conditions?.find(({ type }) => type === 'Stalled')
    expect(stalled?.status).toBe('True')
    // The second time the status is the same.
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'done' })
    expect(writes()).toEqual(['chat/status'])
  })

  test('writes what needs no Secret, and holds back the rest', async () => {
    const operator = await operatorOf({ version: '1.0.0' })
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'done' })
    const kinds = server.requests
      .filter(({ method }) => method === 'PATCH')
      .map(({ body }) => (body as KubeObject).kind)
    expect(new Set(kinds)).toEqual(
      new Set(['ServiceAccount', 'ConfigMap', 'NetworkPolicy', 'Service', 'PodDisruptionBudget', 'ChatApp']),
    )
    expect(readyOf(operator.world.chatApp('ns/chat')?.status)).toMatchObject({ reason: 'MissingSecret' })
  })

  test('forgets the paths that the server wrote in another form once it writes them as they are', async () => {
    const operator = await operatorOf({ version: '1.0.0' })
    operator.memory.normalized.set('Service ns/chat-api', new Set(['spec.x']))
    await reconcile('ns/chat', operator)
    expect(operator.memory.normalized.size).toBe(0)
  })

  test('repeats a failed migration when it is due: it deletes the Job, and creates it again', async () => {
    const operator = await operatorOf({ version: '1.0.0' })
    addSecrets(operator.world)
    await reconcile('ns/chat', operator)
    const [job] = operator.world.store('Job').all()
    const failed = { type: 'Failed', status: 'True', lastTransitionTime: '2025-12-31T23:59:55Z' }
    const metadata = { ...job!.metadata, uid: 'u-job', resourceVersion: '9' }
    operator.world.store('Job').upsert({ ...job!, metadata, status: { conditions: [failed] } })
    const path = `jobs/${job!.metadata.name}`
    const before = server.requests.length
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'after', ms: 5000 })
    expect(sent(path, before)).toEqual([])
    const later = { ...operator, now: () => new Date('2026-01-01T00:00:05Z') }
    expect(await reconcile('ns/chat', later)).toEqual({ type: 'done' })
    expect(sent(path, before)).toEqual(['DELETE', 'GET', 'PATCH'])
    expect(operator.memory.failedRuns.get('u')).toEqual({ job: 'u-job', count: 1 })
  })

  test('asks a cluster that is not watched again after 30 s', async () => {
    const clusterRef = { apiGroup: 'pxc.percona.com', kind: 'PerconaXtraDBCluster', name: 'mysql' }
    const operator = await operatorOf({ version: '1.0.0', database: { clusterRef } })
    addSecrets(operator.world)
    // Its kind is not installed: that needs no request.
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'done' })
    expect(readyOf(operator.world.chatApp('ns/chat')?.status)).toMatchObject({ reason: 'WaitingForCluster' })
    const kind = { group: 'pxc.percona.com', version: 'v1', kind: 'PerconaXtraDBCluster', plural: 'clusters' }
    operator.clusters.follow(new Map([['pxc.percona.com/PerconaXtraDBCluster', kind]]))
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'after', ms: 30_000 })
    const { body } = server.requests.findLast(({ path }) => path.endsWith('/status')) ?? {}
    expect(readyOf((body as ChatApp).status)?.message).toContain('mysql: it does not exist (spec.database.clusterRef)')
    expect(operator.world.store('Job').all()).toEqual([])
    await operator.clusters.stop()
  })

  test('names a kind that cannot be read; before its first list it writes nothing else, later all', async () => {
    const operator = await operatorOf({ version: '1.0.0' })
    const refusal = 'GET /api/v1/namespaces/ns/pods: 403 pods is forbidden'
    await reconcile('ns/chat', operator, { isServed: false, refusal })
    const ready = readyOf(operator.world.chatApp('ns/chat')?.status)
    expect(ready).toMatchObject({ status: 'False', reason: 'WatchNotPermitted' })
    expect(ready?.message).toBe(`${refusal}; install the Role of the operator in this namespace`)
    expect(writes()).toEqual(['chat/status'])
    await reconcile('ns/chat', operator, { isServed: true, refusal })
    expect(writes().length).toBeGreaterThan(5)
    const { body } = server.requests.findLast(({ path }) => path.endsWith('/status')) ?? {}
    expect(readyOf((body as ChatApp).status)?.reason).toBe('WatchNotPermitted')
  })

  test('is repeated with backoff while the API server fails', async () => {
    const operator = await operatorOf({ version: '1.0.0' }, {}, 500)
    await expect(reconcile('ns/chat', operator)).rejects.toMatchObject({ status: 500 })
  })
})

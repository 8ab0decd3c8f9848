import type { ChatApp } from '@chat-app/crds'
import { afterEach, describe, expect, test } from 'vitest'
import { ClusterWatches } from '../cache/cluster-watches.ts'
import { digestSecret } from '../cache/secret-digest.ts'
import { World } from '../cache/world.ts'
import { EndedJobs } from '../observe/ended-jobs.ts'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { readyOf } from '../status/status.ts'
import { faultyServer, json, refuse, type FaultyServer, type Seen } from '../testing/faulty-server.ts'
import { CREDENTIALS } from '../testing/secrets.ts'
import type { Operator } from './operator.ts'
import { reconcile } from './reconcile.ts'

let server: FaultyServer
afterEach(() => server.close())

/** How the server refuses a request; undefined for one that it accepts. */
type Refusal = (seen: Seen) => { readonly status: number; readonly message: string } | undefined

/** An operator that has read one ChatApp; the server stores its writes, but for those that it refuses. */
async function operatorOf(spec: object, changes: object = {}, refusal: Refusal = () => undefined): Promise<Operator> {
  const metadata = { name: 'chat', namespace: 'ns', uid: 'u', generation: 3, resourceVersion: '1', ...changes }
  const chatApp = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata, spec }
  server = await faultyServer((seen, response) => {
    const refused = refusal(seen)
    if (refused !== undefined) return refuse(response, refused.status, 'Refused', refused.message)
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
    servedSchema: () => Promise.resolve(undefined),
    podAsker: { answers: () => [] },
    memory: { failedRuns: new Map(), jobs: new EndedJobs(), normalized: new Map(), tried: new Map() },
    urgentFixes: [],
    onWrites: () => {},
    onUrgent: () => {},
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
    .filter((request) => request.path.endsWith(path) && !request.query.has('dryRun'))
    .map(({ method }) => method)
}

/** Applies that are no dry runs. */
function applies() {
  return server.requests.filter(({ method, query }) => method === 'PATCH' && !query.has('dryRun'))
}

function dryRuns(): Seen[] {
  return server.requests.filter(({ query }) => query.has('dryRun'))
}

function writes(): string[] {
  return applies().map(({ path }) => path.split('/').slice(-2).join('/'))
}

describe('a reconciliation', () => {
  test('of a ChatApp that does not exist, or is being deleted, does nothing', async () => {
    const operator = await operatorOf({ version: '1.0.0' }, { deletionTimestamp: '2026-01-01T00:00:00Z' })
    expect(await reconcile('ns/unknown', operator)).toEqual({ type: 'done' })
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'done' })
    expect(server.requests).toEqual([])
  })

  test('of a ChatApp without a version names all fields, and waits for a change', async () => {
    const operator = await operatorOf({ api: { replicas: -7 } })
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

  test('of a ChatApp with a faulty field writes what does not come from it, once', async () => {
    const operator = await operatorOf({ version: '1.0.0', api: { replicas: -7 }, exposure: { type: 'Mesh' } })
    addSecrets(operator.world)
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'after', ms: 60_000 })
    const status = operator.world.chatApp('ns/chat')?.status
    expect(readyOf(status)).toMatchObject({ status: 'False', reason: 'UnsupportedField', observedGeneration: 3 })
    expect(readyOf(status)?.message).toMatch(/spec\.exposure\.type: .*"Mesh".*; spec\.api\.replicas: .*-7/)
    expect(writes()).toEqual(expect.arrayContaining(['services/chat-api', 'poddisruptionbudgets/chat-websocket']))
    expect(writes()).not.toContain('poddisruptionbudgets/chat-api')
    const before = writes()
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'after', ms: 60_000 })
    expect(writes()).toEqual(before)
  })

  test('writes the rest of a status of which the CRD lacks a field, and reads its schema again after a minute', async () => {
    const refused = { status: 500, message: '.status.targetVersion: field not declared in schema' }
    const operator = await operatorOf({ version: '1.0.0' }, {}, ({ body }) =>
      at(body, 'status', 'targetVersion') === undefined ? undefined : refused,
    )
    const served = { properties: { status: { properties: { conditions: {}, observedGeneration: {} } } } }
    const askedWith: (number | undefined)[] = []
    const servedSchema = (maxAgeMs?: number) => Promise.resolve(askedWith.push(maxAgeMs) === 1 ? undefined : served)
    expect(await reconcile('ns/chat', { ...operator, servedSchema })).toEqual({ type: 'after', ms: 60_000 })
    const status = operator.world.chatApp('ns/chat')?.status
    expect(Object.keys(status ?? {})).toEqual(['observedGeneration', 'conditions'])
    expect(status?.conditions?.at(-1)).toMatchObject({ type: 'StatusComplete', status: 'False' })
    const before = writes()
    expect(await reconcile('ns/chat', { ...operator, servedSchema })).toEqual({ type: 'after', ms: 60_000 })
    expect(writes()).toEqual(before)
    expect(askedWith).toEqual([undefined, 5000, 60_000])
  })

  test('tries a release by dry run once, before anything of it is written', async () => {
    const operator = await operatorOf({ version: '1.0.0' })
    addSecrets(operator.world)
    await reconcile('ns/chat', operator)
    const tried = dryRuns().map(({ path }) => path.split('/').at(-2) ?? '')
    expect(tried.toSorted()).toEqual(['configmaps', 'controllerrevisions', 'deployments', 'deployments', 'jobs'])
    expect(server.requests.indexOf(dryRuns().at(-1)!)).toBeLessThan(server.requests.indexOf(applies()[0]!))
    await reconcile('ns/chat', operator)
    expect(dryRuns()).toHaveLength(5)
  })

  test('writes nothing of a release that is refused, and tries it again after a minute', async () => {
    const message = "quantities must match the regular expression '^x$'"
    const limits = { cpu: 'abc' }
    const podTemplate = { spec: { containers: [{ name: 'api', resources: { limits } }] } }
    const operator = await operatorOf({ version: '1.0.0', api: { podTemplate } }, {}, ({ body }) =>
      (body as KubeObject | undefined)?.kind === 'Deployment' ? { status: 500, message } : undefined,
    )
    addSecrets(operator.world)
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'after', ms: 60_000 })
    const ready = readyOf(operator.world.chatApp('ns/chat')?.status)
    expect(ready).toMatchObject({ status: 'False', reason: 'InvalidObject' })
    expect(ready?.message).toContain(
      'Deployment chat-api: spec.template.spec.containers[0].resources.limits.cpu is "abc"',
    )
    expect(writes()).toContain('services/chat-api')
    for (const { kind } of applies().map(({ body }) => body as KubeObject))
      expect(['ConfigMap', 'Job', 'ControllerRevision', 'Deployment']).not.toContain(kind)
    const before = dryRuns().length
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'after', ms: 60_000 })
    expect(dryRuns()).toHaveLength(before)
    const later = { ...operator, now: () => new Date('2026-01-01T00:01:00Z') }
    await reconcile('ns/chat', later)
    expect(dryRuns()).toHaveLength(2 * before)
  })

  test('names a webhook that fails on a dry run, and repeats it with backoff', async () => {
    const message = 'Internal error occurred: failed calling webhook "w.example.com": context deadline exceeded'
    const operator = await operatorOf({ version: '1.0.0' }, {}, ({ method, path }) =>
      method === 'PATCH' && path.includes('/jobs/') ? { status: 500, message } : undefined,
    )
    addSecrets(operator.world)
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'retry' })
    const ready = readyOf(operator.world.chatApp('ns/chat')?.status)
    expect(ready).toMatchObject({ reason: 'WebhookUnavailable' })
    expect(ready?.message).toContain('w.example.com')
    expect(writes()).not.toContain('configmaps/chat-config')
    expect(writes()).toContain('services/chat-websocket')
  })

  test('does not hold a release for a webhook that serves no dry runs', async () => {
    const message = 'admission webhook "w.example.com" does not support dry run'
    const operator = await operatorOf({ version: '1.0.0' }, {}, ({ query }) =>
      query.has('dryRun') ? { status: 400, message } : undefined,
    )
    addSecrets(operator.world)
    await reconcile('ns/chat', operator)
    expect(writes().filter((write) => write.startsWith('jobs/'))).toHaveLength(1)
  })

  test('writes the others when an object is refused, but for pods that need it and what it replaces', async () => {
    const isRefused = ({ path }: Seen) =>
      path.endsWith('/networkpolicies/chat-api') || path.endsWith('/ingresses/chat-api')
    const hosts = { api: 'api.example.com', websocket: 'ws.example.com' }
    const exposure = { type: 'Ingress', hosts, ingress: { className: 'haproxy' } }
    const operator = await operatorOf({ version: '1.0.0', exposure }, {}, (seen) =>
      seen.method === 'PATCH' && isRefused(seen) ? { status: 422, message: 'is invalid' } : undefined,
    )
    addSecrets(operator.world)
    const owned = {
      labels: {},
      ownerReferences: [
        { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', name: 'chat', uid: 'u', controller: true },
      ],
    }
    for (const kind of ['Ingress', 'PodDisruptionBudget']) {
      const apiVersion = kind === 'Ingress' ? 'networking.k8s.io/v1' : 'policy/v1'
      const metadata = { name: 'former', namespace: 'ns', uid: `u-${kind}`, resourceVersion: '1', ...owned }
      operator.world.store(kind).upsert({ apiVersion, kind, metadata })
    }
    await reconcile('ns/chat', operator)
    expect(readyOf(operator.world.chatApp('ns/chat')?.status)).toMatchObject({ reason: 'InvalidObject' })
    expect(writes()).toEqual(expect.arrayContaining(['services/chat-api', 'ingresses/chat-websocket']))
    expect(writes().filter((write) => write.startsWith('jobs/'))).toEqual([])
    const deleted = server.requests
      .filter(({ method }) => method === 'DELETE')
      .map(({ path }) => path.split('/').at(-2))
    expect(deleted).toEqual(['poddisruptionbudgets'])
  })

  test('writes what needs no Secret, and holds back the rest', async () => {
    const operator = await operatorOf({ version: '1.0.0' })
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'done' })
    const kinds = applies().map(({ body }) => (body as KubeObject).kind)
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
    const operator = await operatorOf({ version: '1.0.0' }, {}, () => ({ status: 500, message: 'etcd' }))
    await expect(reconcile('ns/chat', operator)).rejects.toMatchObject({ status: 500 })
  })

  test('is repeated when the window of an update opens, in which it writes the update', async () => {
    const schedule = [{ days: ['Thu'], start: '02:00', durationMinutes: 30, timeZone: 'UTC' }]
    const operator = await operatorOf({ version: '1.0.0', rollout: { operatorUpdates: 'Auto', schedule } })
    addSecrets(operator.world)
    await reconcile('ns/chat', operator)
    const records = operator.world.store('ControllerRevision')
    const [record] = records.all()
    const { templates, ...data } = at<{ templates: object }>(record, 'data')!
    const metadata = { ...record!.metadata, name: 'chat-older' }
    records.remove(record!)
    records.upsert({ ...record!, metadata, data: { ...data, templates: { ...templates, api: {} } } })
    expect(await reconcile('ns/chat', operator)).toEqual({ type: 'after', ms: 2 * 3_600_000 })
    expect(records.all()).toHaveLength(1)
    const now = () => new Date('2026-01-01T02:00:00Z')
    expect(await reconcile('ns/chat', { ...operator, now })).toEqual({ type: 'done' })
    expect(records.all()).toHaveLength(2)
  })
})

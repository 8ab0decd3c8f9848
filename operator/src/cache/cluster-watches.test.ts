import type { ServerResponse } from 'node:http'
import type { ClusterUse } from '@chat-app/chat'
import { eventually } from '@chat-app/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { MAX_CLUSTER_WATCHES } from '../limits.ts'
import type { Kinds } from '../runtime/discovery.ts'
import { faultyServer, json, refuse, type FaultyServer } from '../testing/faulty-server.ts'
import { ClusterWatches } from './cluster-watches.ts'

const KIND = 'pxc.percona.com/PerconaXtraDBCluster'

let server: FaultyServer
let watches: ClusterWatches
afterEach(async () => {
  await watches.stop()
  await server.close()
})

/** Watches of a server that refuses with `status`, or lists one cluster `mysql` and lets tests send events. */
async function start() {
  const state = { status: 200, streams: [] as ServerResponse[], ended: 0 }
  server = await faultyServer(({ query }, response) => {
    if (state.status !== 200) return refuse(response, state.status, 'Refused')
    if (!query.has('watch')) return json(response, 200, { metadata: { resourceVersion: '1' }, items: [cluster('1')] })
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    state.streams.push(response)
    response.on('close', () => (state.ended += 1))
  })
  const changed: string[] = []
  const errors: string[] = []
  watches = new ClusterWatches({
    client: server.client,
    onChange: (chatApp) => changed.push(chatApp),
    onError: (kind, namespace) => errors.push(`${kind} ${namespace}`),
    onGone: (kind) => errors.push(`${kind} is gone`),
    onWatch: () => {},
    askMs: 50,
  })
  watches.follow(kinds('v1'))
  return { state, changed, errors }
}

function kinds(version: string): Kinds {
  const kind = { group: 'pxc.percona.com', version, kind: 'PerconaXtraDBCluster', plural: 'perconaxtradbclusters' }
  return new Map([[KIND, kind]])
}

function cluster(resourceVersion: string, status: object = { state: 'ready' }) {
  const metadata = { name: 'mysql', namespace: 'data', uid: 'u', resourceVersion, labels: { a: 'b' } }
  return { apiVersion: 'pxc.percona.com/v1', kind: 'PerconaXtraDBCluster', metadata, spec: { large: true }, status }
}

function use(namespace = 'data', name = 'mysql'): ClusterUse {
  const field = 'spec.database.clusterRef'
  return { purpose: 'database', field, apiGroup: 'pxc.percona.com', kind: 'PerconaXtraDBCluster', name, namespace }
}

function watched(): string[] {
  return server.requests
    .filter(({ query }) => query.has('watch'))
    .map(({ path }) => path.replace('/apis/pxc.percona.com', ''))
}

function send(stream: ServerResponse | undefined, object: object): void {
  stream?.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`)
}

describe('the watches of clusters', () => {
  test('keep only what says whether a cluster is ready, and report only what is new of it', async () => {
    const { state, changed } = await start()
    watches.use('a/one', [use()])
    watches.use('a/two', [use('data', 'other')])
    expect(watches.get(use())).toBe('unknown')
    await eventually(() => expect(state.streams).toHaveLength(1))
    const metadata = { name: 'mysql', namespace: 'data', uid: 'u', resourceVersion: '1' }
    expect(watches.get(use())).toEqual({
      apiVersion: 'pxc.percona.com/v1',
      kind: 'PerconaXtraDBCluster',
      metadata,
      status: { state: 'ready' },
    })
    expect(watches.get(use('data', 'other'))).toBeUndefined()
    expect(changed).toEqual(['a/one'])
    send(state.streams[0], cluster('2', { state: 'ready', host: 'changes' }))
    send(state.streams[0], cluster('3', { state: 'error' }))
    await eventually(() => expect(changed).toEqual(['a/one', 'a/one']))
  })

  test('are one for a namespace, and end when no ChatApp names it', async () => {
    const { state } = await start()
    for (const chatApp of ['a/one', 'a/two']) watches.use(chatApp, [use()])
    await eventually(() => expect(state.streams).toHaveLength(1))
    watches.use('a/one', [])
    watches.use('a/two', [use('elsewhere')])
    await eventually(() => expect([state.streams.length, state.ended]).toEqual([2, 1]))
    expect(watched()).toEqual([
      '/v1/namespaces/data/perconaxtradbclusters',
      '/v1/namespaces/elsewhere/perconaxtradbclusters',
    ])
  })

  test('move to another version of the kind, and end with it', async () => {
    const { state } = await start()
    watches.use('a/one', [use()])
    await eventually(() => expect(state.streams).toHaveLength(1))
    watches.follow(kinds('v2'))
    await eventually(() => expect([state.streams.length, state.ended]).toEqual([2, 1]))
    expect(watched().at(-1)).toBe('/v2/namespaces/data/perconaxtradbclusters')
    watches.follow(new Map())
    expect([watches.get(use()), watches.resourceOf(use())]).toEqual(['unknown', undefined])
    await eventually(() => expect(state.ended).toBe(2))
  })

  test.each([403, 500])('that are refused with %i are reported once, tried again, and then used', async (status) => {
    const { state, changed, errors } = await start()
    state.status = status
    watches.use('a/one', [use()])
    await eventually(() => expect(server.requests.length).toBeGreaterThan(2))
    expect(watches.get(use())).toBe('unknown')
    expect([changed, errors]).toEqual([['a/one'], ['PerconaXtraDBCluster data']])
    state.status = 200
    await eventually(() => expect(watches.get(use())).toMatchObject({ status: { state: 'ready' } }))
    expect(changed).toEqual(['a/one', 'a/one'])
    // A permission that is withdrawn is seen when the server ends the watch.
    state.status = status
    state.streams[0]?.end()
    await eventually(() => expect(watches.get(use())).toBe('unknown'))
  })

  test('ask whether the kind is gone after a 404', async () => {
    const { state, errors } = await start()
    state.status = 404
    server.requests.length = 0
    watches.use('a/one', [use()])
    await eventually(() => expect(server.requests.length).toBeGreaterThan(1))
    expect(watches.get(use())).toBe('unknown')
    expect(errors).toHaveLength(1)
  })

  test('are bounded', async () => {
    await start()
    const uses = Array.from({ length: MAX_CLUSTER_WATCHES + 1 }, (_, index) => use(`ns-${index}`))
    uses.forEach((each, index) => watches.use(`a/${index}`, [each]))
    await eventually(() => expect(new Set(watched()).size).toBe(MAX_CLUSTER_WATCHES))
    expect(watches.get(uses.at(-1)!)).toBe('unknown')
  })
})

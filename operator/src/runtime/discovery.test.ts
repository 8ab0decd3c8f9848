import { hash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { faultyServer, json, refuse, type FaultyServer } from '../testing/faulty-server.ts'
import { Discovery, type DiscoveryOptions } from './discovery.ts'

const MONITORS = 'monitoring.coreos.com/ServiceMonitor'
const PXC = 'pxc.percona.com/PerconaXtraDBCluster'

/** A group as the API server lists it, with one resource in each version. */
function group(name: string, kind: string, versions: readonly string[], verbs = ['get', 'create']) {
  const resources = [{ resource: `${kind.toLowerCase()}s`, responseKind: { kind }, verbs }]
  return { metadata: { name }, versions: versions.map((version) => ({ version, resources })) }
}

const monitors = group('monitoring.coreos.com', 'ServiceMonitor', ['v1'])

let server: FaultyServer
afterEach(() => server.close())

/** Discovery of a server that answers with these groups, and with 304 where the request names their ETag. */
async function discover(groups: object[], options: Partial<DiscoveryOptions> = {}) {
  const state = { groups, isBroken: false }
  server = await faultyServer(({ headers }, response) => {
    const etag = `"${hash('sha256', JSON.stringify(state.groups))}"`
    if (state.isBroken) return refuse(response, 500, 'InternalError')
    if (headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end()
    json(response, 200, { items: state.groups }, { etag })
  })
  const changes: string[][] = []
  const discovery = new Discovery({
    client: server.client,
    prepare: (kinds) => Promise.resolve(void changes.push([...kinds.keys()])),
    ...options,
  })
  return { discovery, state, changes }
}

describe('discovery', () => {
  test('finds children in the version that is rendered, and clusters in the preferred one, with one request', async () => {
    const { discovery } = await discover([
      group('gateway.networking.k8s.io', 'HTTPRoute', ['v1beta1']),
      group('monitoring.coreos.com', 'ServiceMonitor', ['v2', 'v1']),
      group('pxc.percona.com', 'PerconaXtraDBCluster', ['v2', 'v1']),
      group('autoscaling', 'HorizontalPodAutoscaler', ['v2', 'v1']),
      { metadata: { name: 'empty' } },
    ])
    const [kinds] = await Promise.all([discovery.kinds(), discovery.kinds()])
    expect([...kinds].map(([kind, { version }]) => [kind, version])).toEqual([
      [PXC, 'v2'],
      [MONITORS, 'v1'],
    ])
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]?.headers.accept).toContain('APIGroupDiscoveryList')
  })

  test('is repeated after the interval, without a body and without news while nothing changes', async () => {
    const { discovery, state, changes } = await discover([monitors], { intervalMs: -1 })
    const first = await discovery.kinds()
    expect(await discovery.kinds()).toBe(first)
    expect(server.records.map(({ code }) => code)).toEqual([200, 304])
    // Another kind that no ChatApp needs.
    state.groups = [monitors, group('example.com', 'Other', ['v1'])]
    expect(await discovery.kinds()).toBe(first)
    expect(changes).toEqual([[MONITORS]])
  })

  test('reports a kind that appears, changes its version, is removed, and is gone', async () => {
    const { discovery, state, changes } = await discover([])
    const versions: unknown[] = []
    for (const groups of [
      [],
      [monitors, group('pxc.percona.com', 'PerconaXtraDBCluster', ['v1'])],
      [monitors, group('pxc.percona.com', 'PerconaXtraDBCluster', ['v2'])],
      // Its objects are being deleted, so none can be created.
      [group('monitoring.coreos.com', 'ServiceMonitor', ['v1'], ['get', 'delete'])],
      [],
    ]) {
      state.groups = groups
      versions.push((await discovery.refresh()).get(PXC)?.version)
    }
    expect(versions).toEqual([undefined, 'v1', 'v2', undefined, undefined])
    expect(changes).toEqual([[], [PXC, MONITORS], [PXC, MONITORS], []])
  })

  test('asks again for kinds that are newer, until they are', async () => {
    const { discovery, state } = await discover([monitors])
    const former = await discovery.kinds()
    const isNewer = discovery.isNewerThan(former)
    state.groups = []
    expect(await isNewer).toBe(true)
    const requests = server.requests.length
    expect(await discovery.isNewerThan(former)).toBe(true)
    expect(server.requests).toHaveLength(requests)
  })

  test('does not keep a failure, and keeps the former kinds after one', async () => {
    const { discovery, state } = await discover([monitors], { intervalMs: -1 })
    state.isBroken = true
    await expect(discovery.kinds()).rejects.toMatchObject({ status: 500 })
    state.isBroken = false
    const kinds = await discovery.kinds()
    expect(kinds.size).toBe(1)
    state.isBroken = true
    expect(await discovery.kinds()).toBe(kinds)
  })
})

import { environments, prod, staging } from '../../testing/environments/index.ts'
import { describe, expect, test } from 'vitest'
import { declaredFacts, desired, model } from '@chat-app/chat'
import { servicePorts } from '@chat-app/chat/constructs'
import { activeCluster, clustersOf } from '../../check/clusters.ts'
import type { Cluster } from '../../environment/cluster.ts'
import { type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import { chatApp } from '../chat-app.ts'
import type { PxcValues } from '../../environment/database.ts'
import type { ExternalValues } from '../../environment/storage.ts'
import type { Environment } from '../../environment/environment.ts'
import type { Edge, End, Port } from './edge.ts'
import { closedNamespaces, edges } from './edges.ts'
import { ingressController } from './ends.ts'
import { allows, isWithin, peerOf, side, type Peer } from './evaluate-testing.ts'

const clusters = environments.flatMap(clustersOf).map((cluster) => [cluster.folder, cluster] as const)

describe('the NetworkPolicies', () => {
  test.each(clusters)('of %s allow each declared edge, at both ends', (_, cluster) => {
    const policies = policiesOf(cluster)
    for (const { from, to, ports } of edges(cluster))
      for (const port of ports) {
        const [source, target] = [peerOf(from), peerOf(to)]
        const shown = `${from.name} -> ${to.name}:${port}`
        expect([shown, side(policies, 'Egress', source, target, port, 'never')]).toEqual([shown, true])
        expect([shown, side(policies, 'Ingress', target, source, port, 'never')]).toEqual([shown, true])
      }
  })

  test.each(clusters)('of %s deny every pair of pods and port that is not declared', (_, cluster) => {
    const declared = edges(cluster)
    const policies = policiesOf(cluster)
    const peers = distinct(declared.flatMap(({ from, to }) => [from, to])).map(peerOf)
    const ports = [...new Set(declared.flatMap((edge) => edge.ports)), 22, 80]
    const wrong = peers.flatMap((from) =>
      peers
        .filter((to) => isOurs(from, declared) || isOurs(to, declared))
        .flatMap((to) =>
          ports
            .filter((port) => allows(policies, from, to, port) !== isDeclared(declared, from, to, port))
            .map((port) => `${from.name} -> ${to.name}:${port}`),
        ),
    )
    expect(wrong).toEqual([])
  })

  test.each(clusters)('of %s close every namespace of the platform', (_, cluster) => {
    const objects = applied(cluster)
    const made = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name)
    expect(closedNamespaces(cluster).toSorted()).toEqual([...new Set(made)].toSorted())
    const closed = policiesOf(cluster).filter(({ metadata }) => metadata.name === 'default-deny')
    for (const { spec } of closed) expect(spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
    expect(new Set(closed.map(({ metadata }) => metadata.namespace))).toEqual(new Set(made))
  })

  test('leave who may call the ChatApp to its own policies', () => {
    const cluster = activeCluster(prod)
    const children = (desired(model(chatApp(cluster)), declaredFacts) as Loose[])
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map((policy) => ({ ...policy, metadata: { ...policy.metadata, namespace: 'chat-app' } }))
    const websocket = {
      ...peerOf(end(cluster, 'chat')),
      labels: {
        'app.kubernetes.io/name': 'chat-app',
        'app.kubernetes.io/instance': 'chat-app',
        'app.kubernetes.io/component': 'websocket',
      },
    }
    const controller = peerOf(end(cluster, 'ingress-controller'))
    expect(allows(policiesOf(cluster), controller, websocket, servicePorts.websocket)).toBe(false)
    const both = [...policiesOf(cluster), ...children]
    expect(allows(both, controller, websocket, servicePorts.websocket)).toBe(true)
    expect(allows(both, controller, websocket, 22)).toBe(false)
  })

  test('would be found too narrow and too wide, so the tests above can fail', () => {
    const cluster = activeCluster(staging)
    const [chat, mysql] = [peerOf(end(cluster, 'chat')), peerOf(end(cluster, 'mysql-proxy'))]
    const policies = policiesOf(cluster)
    const without = (name: string) => policies.filter(({ metadata }) => metadata.name !== name)
    expect(allows(policies, chat, mysql, 3306)).toBe(true)
    expect(allows(without('platform-chat'), chat, mysql, 3306)).toBe(false)
    expect(allows(without('platform-mysql-proxy'), chat, mysql, 3306)).toBe(false)
    expect(allows(policies, chat, mysql, 4444)).toBe(false)
    expect(allows([], chat, mysql, 4444)).toBe(true)
  })
})

test('only what follows the active region, and is followed, leaves or enters for replication', () => {
  const replicating = (cluster: Cluster) => edges(cluster).filter(({ why }) => why.includes('region'))
  expect(replicating(activeCluster(prod)).map(({ from, to }) => [from.name, to.name])).toEqual([
    ['mysql-nodes', 'outside'],
    ['other regions', 'mysql-nodes'],
    ['minio', 'outside'],
    ['storage-buckets', 'outside'],
    ['minio', 'ingress-controller'],
    ['storage-buckets', 'ingress-controller'],
    ['ingress-controller', 'minio'],
  ])
  for (const environment of environments.filter(({ regions }) => regions === undefined))
    expect(replicating(activeCluster(environment))).toEqual([])
})

/** A pod that is none of the platform's. */
const podIn = (namespace: string, labels: Peer['labels'] = {}): Peer => ({
  name: `a pod in ${namespace}`,
  namespace,
  namespaceLabels: { 'kubernetes.io/metadata.name': namespace, ...labels },
  labels: {},
})

/** Whether the pods of an end reach a peer, in a cluster where a range of addresses is not for pods. */
function reaches(environment: Environment, from: string, to: Peer, port: Port): boolean {
  const cluster = activeCluster(environment)
  return allows(policiesOf(cluster), peerOf(end(cluster, from)), to, port, 'never')
}

describe('what are pods is reached where a range of addresses is not for pods', () => {
  test('the own region, whose URL leads straight to the pods of the ingress controller', () => {
    const controller = podIn('haproxy', ingressController.namespaceLabels)
    for (const from of ['minio', 'storage-buckets']) {
      expect(reaches(prod, from, controller, 8443)).toBe(true)
      expect(reaches(prod, from, controller, 8080)).toBe(false)
      const other = { ...prod, edge: { ...prod.edge, controllerPort: 443 } } as Environment
      expect(reaches(other, from, controller, 443)).toBe(true)
      expect(reaches(other, from, controller, 8443)).toBe(false)
    }
  })

  test('kube-state-metrics and cert-manager, in the namespaces of their Services, at their ports', () => {
    expect(reaches(prod, 'prometheus', podIn('kube-system'), 8080)).toBe(true)
    expect(reaches(prod, 'prometheus', podIn('cert-manager'), 9402)).toBe(true)
    expect(reaches(prod, 'prometheus', podIn('cert-manager'), 8080)).toBe(false)
    const monitoring = { ...prod.monitoring, kubeStateMetrics: 'state.watch.svc.cluster.local:9999' }
    const moved = { ...prod, monitoring } as Environment
    expect(reaches(moved, 'prometheus', podIn('watch'), 9999)).toBe(true)
    expect(reaches(moved, 'prometheus', podIn('kube-system'), 8080)).toBe(false)
  })
})

describe('where a URL leads is what may be reached', () => {
  const outside: Peer = { name: 'outside', namespaceLabels: {}, labels: {}, address: '203.0.113.1' }
  const withBackups = (endpointUrl: string) => {
    const { backup, ...database } = staging.database as PxcValues
    return { ...staging, database: { ...database, backup: { ...backup, endpointUrl } } } as Environment
  }
  const withVault = (server: string) => ({ ...staging, secrets: { ...staging.secrets, server } }) as Environment

  test('backups go to the Tenant only where their URL is its', () => {
    const minio = peerOf(end(activeCluster(staging), 'minio'))
    for (const url of ['https://minio.chat-app-storage.svc', 'https://minio.chat-app-storage.svc.cluster.local'])
      expect(reaches(withBackups(url), 'mysql', minio, 9000)).toBe(true)
    for (const [url, port] of [
      ['https://s3.example.com', 443],
      ['https://s3.example.com:9000', 9000],
    ] as const) {
      expect(reaches(withBackups(url), 'mysql', outside, port)).toBe(true)
      expect(reaches(withBackups(url), 'mysql', outside, 8080)).toBe(false)
      expect(reaches(withBackups(url), 'mysql', minio, 9000)).toBe(false)
    }
    expect(reaches(withBackups('https://s3.elsewhere.svc:9000'), 'mysql', podIn('elsewhere'), 9000)).toBe(true)
  })

  test('Vault, outside or in the cluster', () => {
    expect(reaches(staging, 'mysql', outside, 8200)).toBe(true)
    expect(reaches(withVault('https://vault.example.com:9999'), 'mysql', outside, 9999)).toBe(true)
    expect(reaches(withVault('https://vault.example.com:9999'), 'mysql', outside, 8200)).toBe(false)
    expect(reaches(withVault('https://vault.vault.svc:8200'), 'mysql', podIn('vault'), 8200)).toBe(true)
  })

  test('the storage of another, and of another region', () => {
    const external: ExternalValues = {
      kind: 'external',
      namespace: 'chat-app-storage',
      clientImage: 'quay.io/minio/mc:1',
      endpoint: 'https://s3.example.com:9000',
      region: 'eu-central-1',
      usersSecret: 'storage-users',
      buckets: { files: 'files', oldVersionsDays: 7 },
    }
    for (const from of ['chat', 'storage-buckets']) {
      expect(reaches({ ...staging, storage: external }, from, outside, 9000)).toBe(true)
      expect(reaches({ ...staging, storage: external }, from, outside, 443)).toBe(false)
    }
    const clusters = prod.regions?.clusters.map((each) => ({ ...each, storageUrl: `${each.storageUrl}:9443` }))
    const regions = { ...prod, regions: { ...prod.regions, clusters } } as Environment
    for (const from of ['minio', 'storage-buckets']) expect(reaches(regions, from, outside, 9443)).toBe(true)
  })
})

test.each(clustersOf(prod))(
  'in $folder the database is followed from the known addresses alone, at its nodes',
  (cluster) => {
    const policies = policiesOf(cluster)
    const [nodes, proxy] = [peerOf(end(cluster, 'mysql-nodes')), peerOf(end(cluster, 'mysql-proxy'))]
    const at = (address: string): Peer => ({ name: address, namespaceLabels: {}, labels: {}, address })
    expect(allows(policies, at('10.1.2.3'), nodes, 3306)).toBe(true)
    expect(allows(policies, at('10.1.2.3'), nodes, 33_062)).toBe(false)
    expect(allows(policies, at('10.1.2.3'), proxy, 3306)).toBe(false)
    expect(allows(policies, at('11.1.2.3'), nodes, 3306)).toBe(false)
    expect(allows(policies, at('2001:db8::1'), nodes, 3306)).toBe(false)
  },
)

const overHttp = clusters.filter(([, { environment }]) => environment.certificates?.acme?.dns01 === undefined)
test.each(overHttp)("in %s Let's Encrypt reaches the answer to its challenge beside every Ingress", (_, cluster) => {
  const ingresses = applied(cluster).filter(({ kind }) => kind === 'Ingress')
  const exposed = cluster.environment.chatApp.spec.exposure === undefined ? [] : [cluster.environment.chatApp.namespace]
  for (const namespace of [...exposed, ...ingresses.map(({ metadata }) => metadata.namespace as string)]) {
    const labels = { 'acme.cert-manager.io/http01-solver': 'true' }
    const solver = { name: 'solver', namespace, namespaceLabels: { 'kubernetes.io/metadata.name': namespace }, labels }
    const controller = peerOf(ingressController)
    expect([namespace, allows(policiesOf(cluster), controller, solver, 8089)]).toEqual([namespace, true])
  }
})

function policiesOf(cluster: Cluster): Loose[] {
  return applied(cluster).filter(({ kind }) => kind === 'NetworkPolicy')
}

function end(cluster: Cluster, name: string): End {
  const found = edges(cluster)
    .flatMap(({ from, to }) => [from, to])
    .find((end) => end.name === name)
  if (found === undefined) throw new Error(`no end of an edge is called ${name}`)
  return found
}

function distinct(ends: readonly End[]): End[] {
  return [...new Map(ends.map((end) => [JSON.stringify(end), end])).values()]
}

function isOurs({ namespace }: Peer, declared: readonly Edge[]): boolean {
  return declared.some(({ from }) => from.kind === 'pods' && from.namespace === namespace)
}

/** Whether the pod at each end has an edge to, or from, the other. An end stands for every pod that has its labels. */
function isDeclared(declared: readonly Edge[], source: Peer, target: Peer, port: Port): boolean {
  const fitting = declared.filter(
    ({ from, to, ports }) => ports.includes(port) && isEnd(from, source) && isEnd(to, target),
  )
  const leaves = !isOurs(source, declared) || fitting.some(({ from }) => from.kind === 'pods')
  return leaves && (!isOurs(target, declared) || fitting.some(({ to }) => to.kind === 'pods'))
}

function isEnd(end: End, peer: Peer): boolean {
  if (end.kind === 'anywhere') return true
  if (end.kind === 'addresses') return end.ranges.some((range) => isWithin(range, peer.address))
  const { namespaceLabels, labels } = peerOf(end)
  const has = (own: Peer['labels'], wanted: Peer['labels']) =>
    Object.entries(wanted).every(([key, value]) => own[key] === value)
  return peer.namespace !== undefined && has(peer.namespaceLabels, namespaceLabels) && has(peer.labels, labels)
}

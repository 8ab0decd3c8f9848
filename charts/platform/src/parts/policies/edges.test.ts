import { environments, externalStorage, full, regional, withExternalStorage } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { declaredFacts, desired, model } from '@chat-app/chat'
import { servicePorts } from '@chat-app/chat/constructs'
import { activeCluster, clustersOf } from '../../check/clusters.ts'
import type { Cluster } from '../../environment/cluster.ts'
import { type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import { chatApp } from '../chat-app.ts'
import type { PxcValues } from '../../environment/database.ts'
import type { Environment } from '../../environment/environment.ts'
import type { End, Port } from './edge.ts'
import { edges } from './edges.ts'
import { ingressController } from './ends.ts'
import { allows, peerOf, type Peer } from '../../testing/network-policies.ts'
import { policiesOf as networkPolicies } from '../../testing/properties.ts'

describe('the NetworkPolicies', () => {
  test('leave connections to the ChatApp to its own policies', () => {
    const cluster = activeCluster(regional)
    const children = (desired(model(chatApp(cluster)), declaredFacts) as Loose[])
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map((policy) => ({ ...policy, metadata: { ...policy.metadata, namespace: 'chat' } }))
    const websocket = {
      ...peerOf(end(cluster, 'chat')),
      labels: {
        'app.kubernetes.io/name': 'chat-app',
        'app.kubernetes.io/instance': 'chat',
        'app.kubernetes.io/component': 'websocket',
      },
    }
    const controller = peerOf(end(cluster, 'ingress-controller'))
    expect(allows(policiesOf(cluster), controller, websocket, servicePorts.websocket)).toBe(false)
    const both = [...policiesOf(cluster), ...children]
    expect(allows(both, controller, websocket, servicePorts.websocket)).toBe(true)
    expect(allows(both, controller, websocket, 22)).toBe(false)
  })

  test('are evaluated as too narrow without a policy, and as too wide without any', () => {
    const cluster = activeCluster(full)
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

test('connections for replication are those of the database and of the storage', () => {
  const replicating = (cluster: Cluster) => edges(cluster).filter(({ why }) => why.includes('region'))
  expect(replicating(activeCluster(regional)).map(({ from, to }) => [from.name, to.name])).toEqual([
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

/** A pod outside the platform. */
const podIn = (namespace: string, labels: Peer['labels'] = {}): Peer => ({
  name: `a pod in ${namespace}`,
  namespace,
  namespaceLabels: { 'kubernetes.io/metadata.name': namespace, ...labels },
  labels: {},
})

/** Whether the pods of an end reach a peer, in a cluster where an ipBlock never covers pods. */
function reaches(environment: Environment, from: string, to: Peer, port: Port): boolean {
  const cluster = activeCluster(environment)
  return allows(policiesOf(cluster), peerOf(end(cluster, from)), to, port, 'never')
}

describe('pods are reached by selectors, because an ipBlock may not cover them', () => {
  test("the region's own URL, which leads to the pods of the ingress controller", () => {
    const controller = podIn('haproxy', ingressController.namespaceLabels)
    for (const from of ['minio', 'storage-buckets']) {
      expect(reaches(regional, from, controller, 8443)).toBe(true)
      expect(reaches(regional, from, controller, 8080)).toBe(false)
      const other = { ...regional, edge: { ...regional.edge, controllerPort: 443 } } as Environment
      expect(reaches(other, from, controller, 443)).toBe(true)
      expect(reaches(other, from, controller, 8443)).toBe(false)
    }
  })

  test('kube-state-metrics and cert-manager are reached in the namespaces of their Services', () => {
    expect(reaches(regional, 'prometheus', podIn('kube-system'), 8080)).toBe(true)
    expect(reaches(regional, 'prometheus', podIn('cert-manager'), 9402)).toBe(true)
    expect(reaches(regional, 'prometheus', podIn('cert-manager'), 8080)).toBe(false)
    const monitoring = { ...regional.monitoring, kubeStateMetrics: 'state.watch.svc.cluster.local:9999' }
    const moved = { ...regional, monitoring } as Environment
    expect(reaches(moved, 'prometheus', podIn('watch'), 9999)).toBe(true)
    expect(reaches(moved, 'prometheus', podIn('kube-system'), 8080)).toBe(false)
  })
})

describe('a URL in the values decides what may be reached', () => {
  const outside: Peer = { name: 'outside', namespaceLabels: {}, labels: {}, address: '203.0.113.1' }
  const withBackups = (endpointUrl: string) => {
    const { backup, ...database } = full.database as PxcValues
    return { ...full, database: { ...database, backup: { ...backup, endpointUrl } } } as Environment
  }
  const withVault = (server: string) => ({ ...full, secrets: { ...full.secrets, server } }) as Environment

  test('backups go to the Tenant only when their URL is that of the Tenant', () => {
    const minio = peerOf(end(activeCluster(full), 'minio'))
    for (const url of ['https://minio.files.svc', 'https://minio.files.svc.cluster.local'])
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

  test('Vault is reached outside or in the cluster', () => {
    expect(reaches(full, 'mysql', outside, 8200)).toBe(true)
    expect(reaches(withVault('https://vault.example.com:9999'), 'mysql', outside, 9999)).toBe(true)
    expect(reaches(withVault('https://vault.example.com:9999'), 'mysql', outside, 8200)).toBe(false)
    expect(reaches(withVault('https://vault.vault.svc:8200'), 'mysql', podIn('vault'), 8200)).toBe(true)
  })

  test('an external storage, and the storage of another region', () => {
    const external = { ...externalStorage, endpoint: 'https://s3.example.com:9000' }
    for (const from of ['chat', 'storage-buckets']) {
      expect(reaches(withExternalStorage<Environment>(full, external), from, outside, 9000)).toBe(true)
      expect(reaches(withExternalStorage<Environment>(full, external), from, outside, 443)).toBe(false)
    }
    const clusters = regional.regions?.clusters.map((each) => ({ ...each, storageUrl: `${each.storageUrl}:9443` }))
    const regions = { ...regional, regions: { ...regional.regions, clusters } } as Environment
    for (const from of ['minio', 'storage-buckets']) expect(reaches(regions, from, outside, 9443)).toBe(true)
  })
})

test.each(clustersOf(regional))('in $folder only the known addresses reach the database nodes', (cluster) => {
  const policies = policiesOf(cluster)
  const [nodes, proxy] = [peerOf(end(cluster, 'mysql-nodes')), peerOf(end(cluster, 'mysql-proxy'))]
  const at = (address: string): Peer => ({ name: address, namespaceLabels: {}, labels: {}, address })
  expect(allows(policies, at('10.1.2.3'), nodes, 3306)).toBe(true)
  expect(allows(policies, at('10.1.2.3'), nodes, 33_062)).toBe(false)
  expect(allows(policies, at('10.1.2.3'), proxy, 3306)).toBe(false)
  expect(allows(policies, at('11.1.2.3'), nodes, 3306)).toBe(false)
  expect(allows(policies, at('2001:db8::1'), nodes, 3306)).toBe(false)
})
function policiesOf(cluster: Cluster): Loose[] {
  return networkPolicies(applied(cluster))
}

function end(cluster: Cluster, name: string): End {
  const found = edges(cluster)
    .flatMap(({ from, to }) => [from, to])
    .find((end) => end.name === name)
  if (found === undefined) throw new Error(`no edge has the end ${name}`)
  return found
}

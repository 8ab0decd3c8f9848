import { one, type Loose } from '@chat-app/chat/testing'
import { describe, expect, test } from 'vitest'
import { applied } from '../bundle.ts'
import { activeCluster, clustersOf } from '../check/clusters.ts'
import { environments, full } from './environments.ts'
import { PROPERTIES } from './properties.ts'

const clusters = environments.flatMap(clustersOf).map((cluster) => ({ cluster, objects: applied(cluster) }))

describe.each(clusters)('$cluster.folder', ({ cluster, objects }) => {
  test.each(Object.entries(PROPERTIES))('%s', (_, property) => {
    expect(property(objects, cluster)).toEqual([])
  })
})

describe('a broken cluster fails the property', () => {
  const cluster = activeCluster(full)
  const without = (name: string) => (objects: Loose[]) => objects.filter(({ metadata }) => metadata.name !== name)
  const changed = (kind: string, name: string, change: (object: Loose) => void) => (objects: Loose[]) => {
    change(one(objects, kind, name))
    return objects
  }

  test.each<[keyof typeof PROPERTIES, (objects: Loose[]) => Loose[], string]>([
    [
      'has each object once',
      (objects) => [...objects, one(objects, 'Tenant', 'files')],
      'minio.min.io Tenant files files',
    ],
    ['has a Namespace for every object', without('collectors'), 'Beat collectors/logs'],
    [
      'enforces Pod Security restricted for the operator and the ChatApp',
      changed('Namespace', 'ops', ({ metadata }) => (metadata.labels = {})),
      'ops',
    ],
    [
      'has no Secret',
      (objects) => [...objects, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', namespace: 'chat' } }],
      'Secret chat/a',
    ],
    [
      'has the clusters that its ChatApp waits for, and lets the operator read them',
      without('db'),
      'no PerconaXtraDBCluster data/db',
    ],
    ['allows each declared connection at both ends', without('platform-chat'), 'chat -> mysql-proxy:3306 (Egress)'],
    ['denies every connection that is not declared', without('default-deny'), 'ingress-controller -> grafana:22'],
    [
      'closes every namespace of the platform',
      (objects) => {
        const policy = objects.find(({ metadata }) => metadata.name === 'default-deny' && metadata.namespace === 'chat')
        policy.spec.ingress = [{}]
        return objects
      },
      'chat',
    ],
    ['lets challenges over HTTP reach the namespaces with an Ingress, and no others', without('kibana'), 'logs'],
    [
      'has quotas that admit the largest rollout of its ChatApp',
      (objects) => objects.map((object) => (object.kind === 'ResourceQuota' ? quotaOf(object, '10') : object)),
      'pods: 38 of 10',
    ],
    [
      'has a quota, and defaults for containers, in every namespace',
      (objects) => objects.filter(({ kind }) => kind !== 'LimitRange'),
      'chat',
    ],
    [
      'lets one pod of every part be evicted at a time',
      (objects) => objects.filter(({ kind }) => kind !== 'PodDisruptionBudget'),
      'Tenant files/files',
    ],
    [
      'prefers different zones for the pods of every part that has several',
      changed('PerconaXtraDBCluster', 'db', ({ spec }) => {
        for (const part of [spec.pxc, spec.haproxy]) delete part.topologySpreadConstraints
      }),
      'PerconaXtraDBCluster data/db',
    ],
    [
      'has the host of its registry in every image',
      changed('Tenant', 'files', ({ spec }) => (spec.image = 'minio/minio:1.0')),
      'minio/minio:1.0',
    ],
    [
      'has no empty map, which the API server does not store',
      (objects) => {
        objects.find(({ metadata }) => metadata.name === 'platform-dns').spec.podSelector = { matchLabels: {} }
        return objects
      },
      'NetworkPolicy chat/platform-dns spec.podSelector.matchLabels',
    ],
    [
      "renews the token of the database's keys where the database is encrypted, and only there",
      without('renew-vault-token'),
      'renew-vault-token',
    ],
  ])('%s', (name, broken, fault) => {
    const objects = structuredClone(applied(cluster)) as Loose[]
    expect(PROPERTIES[name]?.(broken(objects), cluster)).toContain(fault)
  })

  function quotaOf(object: Loose, pods: string): Loose {
    return { ...object, spec: { hard: { ...object.spec.hard, pods } } }
  }
})

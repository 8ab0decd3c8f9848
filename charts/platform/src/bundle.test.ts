import { environments, local, prod } from './testing/environments/index.ts'
import { describe, expect, test } from 'vitest'
import { model } from '@chat-app/chat'
import { activeCluster } from './check/clusters.ts'
import { one, podOf, type Loose } from '@chat-app/chat/testing'
import { applied as appliedTo } from './bundle.ts'
import { chatApp as chatAppOf } from './parts/chat-app.ts'
import type { Environment } from './environment/environment.ts'

const applied = (environment: Environment) => appliedTo(activeCluster(environment))
const chatApp = (environment: Environment) => chatAppOf(activeCluster(environment))

const named = environments.map((environment) => [environment.name, environment] as const)

describe('every environment', () => {
  test.each(named)('%s has a namespace for everything in it', (_, environment) => {
    const objects = applied(environment)
    const made = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name)
    // That of cert-manager is made with it; every Kubernetes cluster has kube-system.
    const theirs = new Set(['kube-system', environment.certificates?.namespace])
    const used = objects
      .map(({ metadata }) => metadata.namespace)
      .filter((namespace) => namespace !== undefined && !theirs.has(namespace))
    expect(made).toEqual(expect.arrayContaining([...new Set(used)]))
  })

  test.each(named)('%s enforces restricted where our own pods run', (_, environment) => {
    const level = (name: string) =>
      one(applied(environment), 'Namespace', name).metadata.labels['pod-security.kubernetes.io/enforce']
    expect(level('chat-app-system')).toBe('restricted')
    expect(
      applied(environment).find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === 'chat-app')?.metadata
        .labels,
    ).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    })
  })

  test.each(named)('%s has no credential in it', (_, environment) => {
    expect(applied(environment).map(({ kind }) => kind)).not.toContain('Secret')
  })

  test.each(named)('%s waits for the clusters that it has, and the operator may see them', (_, environment) => {
    const { clusters } = model(chatApp(environment))
    for (const { kind, name, namespace } of clusters) {
      expect(
        applied(environment).some(
          (object) => object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace,
        ),
      ).toBe(true)
      expect(environment.operator.clusterNamespaces).toContain(namespace)
    }
  })
})

describe('the local environment', () => {
  const objects = applied(local)

  test('runs MariaDB and a Redis Cluster of six as pods within restricted', () => {
    const stores = objects.filter(({ metadata }) => metadata.namespace === local.dataNamespace)
    const workloads = stores.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Job') as Loose[]
    expect(workloads.map(({ metadata }) => metadata.name)).toEqual(['mariadb', 'redis', 'redis-join'])
    for (const { spec } of workloads) {
      expect(podOf({ spec }).securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(podOf({ spec }).containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true })
    }
    expect(one(objects, 'StatefulSet', 'redis').spec.replicas).toBe(6)
  })

  test('keeps its requests within two cores', () => {
    const cores = [
      ['StatefulSet', 'mariadb'],
      ['StatefulSet', 'redis'],
      ['Deployment', 'chat-app-operator'],
    ].map(([kind = '', name = '']) => {
      const { spec } = one(objects, kind, name)
      return spec.replicas * Number.parseInt(podOf({ spec }).containers[0].resources.requests.cpu, 10)
    })
    expect(cores.reduce((sum, millicores) => sum + millicores, 0)).toBeLessThan(500)
  })
})

describe('production', () => {
  const objects = applied(prod)

  test('has the documented database with a durable log, and recovery to any point in time', () => {
    const { spec } = one(objects, 'PerconaXtraDBCluster', 'chat-app-mysql')
    expect(spec.pxc).toMatchObject({
      size: 3,
      resources: { requests: { cpu: '1', memory: '2G' }, limits: { cpu: '2', memory: '4G' } },
      volumeSpec: {
        persistentVolumeClaim: { storageClassName: 'standard', resources: { requests: { storage: '100G' } } },
      },
    })
    expect(spec.pxc.configuration).toContain('innodb_flush_log_at_trx_commit=1')
    expect(spec.haproxy).toMatchObject({ enabled: true, size: 2 })
    expect(spec.unsafeFlags).toBeUndefined()
    expect(spec.backup.schedule.map(({ name, retention }: Loose) => [name, retention.count])).toEqual([
      ['daily', 30],
      ['weekly', 12],
      ['monthly', 12],
    ])
    expect(spec.backup.pitr).toMatchObject({ enabled: true, timeBetweenUploads: 60 })
    for (const { storageName } of spec.backup.schedule) expect(Object.keys(spec.backup.storages)).toContain(storageName)
  })

  test('has a Redis Cluster of three masters with replicas, kept on disk', () => {
    expect(one(objects, 'RedisCluster', 'chat-app-redis').spec).toMatchObject({
      clusterSize: 3,
      persistenceEnabled: true,
      redisExporter: { enabled: true },
    })
  })

  test('has the documented object storage and Prometheus', () => {
    expect(one(objects, 'Tenant', 'chat-app-minio').spec.pools[0]).toMatchObject({ servers: 4, volumesPerServer: 2 })
    expect(one(objects, 'Prometheus', 'chat-app-prometheus').spec).toMatchObject({
      replicas: 2,
      serviceMonitorSelector: { matchLabels: { app: 'chat-app' } },
    })
  })
})

test('a database name is short enough for what its operator makes of it', () => {
  const names = environments.flatMap(({ database }) => (database.kind === 'pxc' ? [database.name] : []))
  expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(22)
})

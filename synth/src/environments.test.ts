import { dev, environments, local, prod, staging, test as testing } from '@chat-app/environments'
import { one, podOf, type Loose } from '@chat-app/chat/testing'
import { activeCluster, applied, clustersOf, edges, millicores, type Environment } from '@chat-app/platform'
import { largestRollout, PROPERTIES } from '@chat-app/platform/testing'
import { describe, expect, test } from 'vitest'

const clusters = environments.flatMap(clustersOf).map((cluster) => ({ cluster, objects: applied(cluster) }))

describe.each(clusters)('$cluster.folder', ({ cluster, objects }) => {
  test.each(Object.entries(PROPERTIES))('%s', (_, property) => {
    expect(property(objects, cluster)).toEqual([])
  })
})

const known = new Map<Environment, Loose[]>()

function objects(environment: Environment): Loose[] {
  const made = known.get(environment) ?? applied(activeCluster(environment))
  known.set(environment, made)
  return made
}

const get = (environment: Environment, kind: string, name: string) => one(objects(environment), kind, name)
const names = (environment: Environment, kind: string) =>
  objects(environment).flatMap((object) => (object.kind === kind ? [object.metadata.name] : []))

test('local requests less than half a core', () => {
  const cores = [
    ['StatefulSet', 'mariadb'],
    ['StatefulSet', 'redis'],
    ['Deployment', 'chat-app-operator'],
  ].map(([kind = '', name = '']) => {
    const { spec } = get(local, kind, name)
    return spec.replicas * millicores(podOf({ spec }).containers[0].resources.requests.cpu)
  })
  expect(cores.reduce((sum, each) => sum + each, 0)).toBeLessThan(500)
})

describe('the database', () => {
  const spec = (environment: Environment): Loose => get(environment, 'PerconaXtraDBCluster', 'chat-app-mysql').spec
  const kept = ({ backup }: Loose) =>
    backup.schedule.map(({ name, schedule, retention }: Loose) => [name, schedule, retention.count])

  test.each([dev, testing, staging, prod])(
    'of $name writes each commit to the disk and to the binary log',
    (environment) => {
      expect(spec(environment).pxc.configuration.split('\n')).toEqual(
        expect.arrayContaining([
          'max_connections=1000',
          'max_allowed_packet=256M',
          'innodb_flush_log_at_trx_commit=1',
          'sync_binlog=1',
          'pxc_strict_mode=ENFORCING',
        ]),
      )
    },
  )

  test.each([staging, prod])('of $name is encrypted at rest', (environment) => {
    expect(spec(environment).vaultSecretName).toBe('mysql-vault')
    expect(spec(environment).pxc.configuration).toContain('default_table_encryption=ON')
  })

  test.each([dev, testing])('of $name is not encrypted at rest', (environment) => {
    expect(spec(environment)).not.toHaveProperty('vaultSecretName')
    expect(spec(environment).pxc.configuration).not.toContain('encrypt')
  })

  test('of dev has one node and one proxy', () => {
    expect(spec(dev)).toMatchObject({
      pxc: { size: 1 },
      haproxy: { size: 1 },
      unsafeFlags: { pxcSize: true, proxySize: true },
      tls: { enabled: true },
    })
  })

  test('of prod has the documented size, and is updated in the documented window', () => {
    expect(spec(prod)).toMatchObject({
      pxc: {
        size: 3,
        resources: { requests: { cpu: '1', memory: '2G' }, limits: { cpu: '2', memory: '4G' } },
        volumeSpec: {
          persistentVolumeClaim: { storageClassName: 'standard', resources: { requests: { storage: '100G' } } },
        },
      },
      haproxy: { enabled: true, size: 2 },
      updateStrategy: 'SmartUpdate',
      upgradeOptions: { apply: 'disabled', schedule: '0 4 * * 0' },
    })
    expect(spec(prod).unsafeFlags).toBeUndefined()
  })

  test.each([staging, prod])('of $name keeps backups of 30 days, 12 weeks and 12 months', (environment) => {
    expect(kept(spec(environment))).toEqual([
      ['daily', '0 2 * * *', 30],
      ['weekly', '0 3 * * 0', 12],
      ['monthly', '0 4 1 * *', 12],
    ])
    const { schedule, storages } = spec(environment).backup
    for (const { storageName } of schedule) expect(Object.keys(storages)).toContain(storageName)
  })

  test.each([staging, prod])('of $name can be recovered to any minute', (environment) => {
    expect(spec(environment).backup.pitr).toMatchObject({ enabled: true, timeBetweenUploads: 60 })
  })

  test('of test has daily backups alone', () => {
    expect(kept(spec(testing))).toEqual([['daily', '0 2 * * *', 30]])
    expect(spec(testing).backup.pitr).toBeUndefined()
  })
})

describe('Redis', () => {
  test.each([staging, prod])(
    'of $name is a cluster of three masters with replicas, on disk, with TLS',
    (environment) => {
      const { spec } = get(environment, 'RedisCluster', 'chat-app-redis')
      expect(spec).toMatchObject({
        clusterSize: 3,
        persistenceEnabled: true,
        redisExporter: { enabled: true },
        kubernetesConfig: { redisSecret: { name: 'redis-credentials', key: 'password' } },
        TLS: { secret: { secretName: 'chat-app-redis-tls' } },
      })
      const { data } = get(environment, 'ConfigMap', 'chat-app-redis-config')
      expect(data['redis-additional.conf']).toContain('cluster-node-timeout 2000\n')
    },
  )

  test('of test has three pods and the documented Sentinels', () => {
    expect(get(testing, 'RedisReplication', 'chat-app-redis').spec.clusterSize).toBe(3)
    expect(get(testing, 'RedisSentinel', 'chat-app-redis').spec).toMatchObject({
      clusterSize: 3,
      redisSentinelConfig: { quorum: '2', downAfterMilliseconds: '5000', failoverTimeout: '10000' },
    })
  })

  test('of dev is one pod', () => {
    expect(names(dev, 'Redis')).toEqual(['chat-app-redis'])
  })
})

describe('RabbitMQ', () => {
  test.each([
    [dev, 1],
    [testing, 3],
    [staging, 3],
    [prod, 3],
  ] as const)('of $name has its documented nodes and accepts TLS only', (environment, size) => {
    expect(get(environment, 'RabbitmqCluster', 'chat-app-rabbitmq').spec).toMatchObject({
      replicas: size,
      tls: { secretName: 'chat-app-rabbitmq-tls', disableNonTLSListeners: true },
    })
  })

  test('is not in local', () => {
    expect(names(local, 'RabbitmqCluster')).toEqual([])
  })
})

describe('the object storage', () => {
  test.each([
    [prod, 4, 2, '100Gi'],
    [staging, 4, 2, '100Gi'],
    [testing, 4, 1, '100Gi'],
    [dev, 1, 1, '10Gi'],
  ] as const)('of $name has its documented size', (environment, servers, volumesPerServer, size) => {
    const [pool] = get(environment, 'Tenant', 'chat-app-minio').spec.pools
    expect(pool).toMatchObject({ servers, volumesPerServer })
    expect(pool.volumeClaimTemplate.spec.resources.requests.storage).toBe(size)
  })

  test('of dev has the bucket of the files alone', () => {
    const [container] = podOf(get(dev, 'Job', 'storage-buckets')).containers
    expect(container.env).toContainEqual({ name: 'BUCKET_USERS', value: 'application=chat-app-dev-files' })
  })
})

describe('monitoring', () => {
  test('of prod has two replicas of Prometheus and of Alertmanager', () => {
    expect(get(prod, 'Prometheus', 'chat-app-prometheus').spec).toMatchObject({
      replicas: 2,
      serviceMonitorSelector: { matchLabels: { app: 'chat-app' } },
    })
    expect(get(prod, 'Alertmanager', 'chat-app-prometheus').spec.replicas).toBe(2)
  })

  test('has the alerts of the parts of an environment, and of no others', () => {
    expect(names(prod, 'PrometheusRule')).toEqual(
      expect.arrayContaining(['chat-app-backup', 'chat-app-logs', 'chat-app-secrets']),
    )
    for (const name of ['chat-app-logs', 'chat-app-secrets'])
      expect(names(testing, 'PrometheusRule')).not.toContain(name)
    expect(names(dev, 'PrometheusRule')).toEqual([])
  })
})

test.each([
  [prod, '30d'],
  [staging, '7d'],
] as const)('$name keeps logs for the documented days', (environment, days) => {
  const { data } = get(environment, 'ConfigMap', 'log-collector')
  const { hot, delete: removal } = JSON.parse(data['retention.json']).policy.phases
  expect(hot.actions.rollover).toEqual({ max_age: '1d', max_primary_shard_size: '20gb' })
  expect(removal.min_age).toBe(days)
})

test('the page of the logs has a host for staging, and one for each region of prod', () => {
  const hosts = [...clustersOf(staging), ...clustersOf(prod)].map(
    (cluster) => one(applied(cluster), 'Ingress', 'kibana').spec.rules[0].host,
  )
  expect(hosts).toEqual(['logs.staging.chat-app.com', 'eu-central.logs.chat-app.com', 'us-east.logs.chat-app.com'])
})

test.each([dev, testing, staging, prod])(
  'the issuer that the ChatApp of $name names is made',
  ({ chatApp, ...rest }) => {
    const issuer = chatApp.spec.exposure?.tls?.issuerRef?.name
    expect(names({ chatApp, ...rest }, 'ClusterIssuer')).toContain(issuer)
  },
)

test('connections between regions are declared for prod alone', () => {
  const between = (environment: Environment) =>
    edges(activeCluster(environment)).filter(({ why }) => why.includes('region'))
  expect(between(prod)).toHaveLength(7)
  for (const environment of [local, dev, testing, staging]) expect(between(environment)).toEqual([])
})

test('the quota of prod does not admit a second ChatApp of its size', () => {
  const quota = objects(prod).find(
    ({ kind, metadata }) => kind === 'ResourceQuota' && metadata.namespace === 'chat-app',
  )
  expect(2 * largestRollout(activeCluster(prod)).length).toBeGreaterThan(Number(quota.spec.hard.pods))
})

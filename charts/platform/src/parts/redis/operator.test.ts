import { single, regional, full, sentinel } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { activeCluster, clustersOf } from '../../check/clusters.ts'
import { one, type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import type { Environment } from '../../environment/environment.ts'
import type { RedisClusterValues, RedisSentinelValues } from '../../environment/redis.ts'

const objects = (environment: Environment) => applied(activeCluster(environment))
const configuration = (environment: Environment): string =>
  one(objects(environment), 'ConfigMap', 'cache-config').data['redis-additional.conf']

describe.each([full, regional])('$name', (environment) => {
  const { metadata, spec } = one(objects(environment), 'RedisCluster', 'cache')

  test('has three masters with a replica each, and stores data and node identities', () => {
    expect(spec).toMatchObject({
      clusterSize: 3,
      persistenceEnabled: true,
      redisLeader: { replicas: 3 },
      redisFollower: { replicas: 3 },
      storage: { nodeConfVolume: true },
    })
    expect(configuration(environment)).toContain('cluster-node-timeout 1500\n')
  })

  test('has a password, TLS only and an exporter', () => {
    expect(spec).toMatchObject({
      kubernetesConfig: { redisSecret: { name: 'redis-password', key: 'password' } },
      TLS: { ca: 'ca.crt', secret: { secretName: 'cache-tls' } },
      redisExporter: { enabled: true },
    })
  })

  test('has at most one leader on a node, and lets one pod of a role be evicted at a time', () => {
    for (const role of ['leader', 'follower']) {
      const { affinity, pdb } = spec[role === 'leader' ? 'redisLeader' : 'redisFollower']
      expect(pdb).toEqual({ enabled: true, maxUnavailable: 1 })
      expect(JSON.stringify(affinity)).toContain(`"app":"cache-${role}"`)
    }
    expect(
      spec.redisLeader.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey,
    ).toBe('kubernetes.io/hostname')
    expect(metadata.annotations).toEqual({ 'redisclusters.redis.redis.opstreelabs.in/role-anti-affinity': 'true' })
  })

  test('has labels that never change, because the operator selects by them', () => {
    expect(metadata.labels).toEqual({ 'app.kubernetes.io/name': 'redis', 'app.kubernetes.io/part-of': 'chat-app' })
  })

  test('has a certificate for the name of every pod', () => {
    const { dnsNames, issuerRef } = one(objects(environment), 'Certificate', 'cache-tls').spec
    expect(issuerRef).toEqual({ kind: 'Issuer', name: 'platform-ca' })
    expect(dnsNames).toEqual(
      expect.arrayContaining([
        'localhost',
        '*.cache-leader-headless.data.svc',
        '*.cache-follower-headless.data.svc.cluster.local',
      ]),
    )
  })
})

describe('Redis with Sentinels', () => {
  test('has the master, replicas and Sentinels of the values', () => {
    expect(one(objects(sentinel), 'RedisReplication', 'cache').spec).toMatchObject({
      clusterSize: 3,
      redisExporter: { enabled: true },
    })
    expect(one(objects(sentinel), 'RedisSentinel', 'cache').spec).toMatchObject({
      clusterSize: 3,
      redisSentinelConfig: {
        redisReplicationName: 'cache',
        masterGroupName: 'mymaster',
        quorum: '2',
        downAfterMilliseconds: '3000',
        failoverTimeout: '9000',
      },
    })
  })

  test('needs a replica to take writes, unless it has only one', () => {
    const two = { ...sentinel, redis: { ...(sentinel.redis as RedisSentinelValues), size: 2 } }
    expect(configuration(sentinel)).toContain('min-replicas-to-write 1\n')
    expect(configuration(two)).not.toContain('min-replicas-to-write')
  })
})

test('a standalone Redis is one pod with the same configuration', () => {
  expect(one(objects(single), 'Redis', 'cache').spec.redisConfig.additionalRedisConfig).toBe(
    one(objects(single), 'ConfigMap', 'cache-config').metadata.name,
  )
})

test('a changed configuration changes the name of the ConfigMap, so that the pods restart', () => {
  const name = (environment: Environment) => one(objects(environment), 'ConfigMap', 'cache-config').metadata.name
  const slower = { ...regional, redis: { ...(regional.redis as RedisClusterValues), nodeTimeoutMs: 5000 } }
  expect(name(regional)).toBe(name(full))
  expect(name(slower)).not.toBe(name(regional))
})

test.each([regional, sentinel, single])('$name keeps 40 % of the memory for rewrites and clients', (environment) => {
  const { memory } = (environment.redis as RedisClusterValues).resources.limits
  const limit = Number.parseInt(memory, 10) * (memory.endsWith('Gi') ? 2 ** 30 : 2 ** 20)
  const [, maxmemory] = /^maxmemory (\d+)$/m.exec(configuration(environment)) ?? []
  expect(Number(maxmemory) / limit).toBeCloseTo(0.6, 3)
})

describe('rejected:', () => {
  const cluster = regional.redis as RedisClusterValues
  const withSentinels = sentinel.redis as RedisSentinelValues

  test.each<[string, Loose, string, string]>([
    ['a cluster of two masters', { ...cluster, size: 2 }, 'redis.size: must be at least 3', '2'],
    [
      'a node timeout of 100 ms',
      { ...cluster, nodeTimeoutMs: 100 },
      'redis.nodeTimeoutMs: must be at least 500',
      '100',
    ],
    ['a volume too small', { ...cluster, storage: '1Gi' }, 'redis.storage: must be at least twice the memory', '"1Gi"'],
    ['a master alone', { ...withSentinels, size: 1 }, 'redis.size: must be at least 2', '1'],
    ['an even number of Sentinels', watched({ size: 4 }), 'redis.sentinels.size: must be odd', '4'],
    ['a quorum of less than half', watched({ size: 5 }), 'redis.sentinels.quorum: must be more than half', '2'],
    ['a quorum of more than all', watched({ quorum: 4 }), 'redis.sentinels.quorum: must be more than half', '4'],
    ['a failover too short', watched({ failoverTimeoutMs: 3000 }), 'must be longer than downAfterMs', '3000'],
    [
      'Sentinel without a release',
      watched({ image: 'redis-sentinel' }),
      'redis.sentinels.image: must be an image with',
      '',
    ],
    ['TLS with Sentinel', { ...withSentinels, tls: true }, 'redis.tls: must be false: the Sentinels', 'true'],
    ['an unknown kind', { ...cluster, kind: 'memcached' }, 'redis.kind: ', '"memcached"'],
  ])('%s', (_, redis, rule, value) => {
    const environment = 'sentinels' in redis ? sentinel : regional
    const synth = () => clustersOf({ ...environment, redis })
    expect(synth).toThrow(rule)
    expect(synth).toThrow(`(it is ${value}`)
  })

  test('TLS without an authority for the ChatApp', () => {
    const { redis: _, ...spec } = regional.chatApp.spec
    const synth = () => clustersOf({ ...regional, chatApp: { ...regional.chatApp, spec } })
    expect(synth).toThrow('chatApp.spec.redis.tls: must be set where Redis uses TLS')
  })

  function watched(change: object) {
    return { ...withSentinels, sentinels: { ...withSentinels.sentinels, ...change } }
  }
})

import { ApiObject, type Chart } from 'cdk8s'
import type { RedisOperatorValues } from './values.ts'

const API_VERSION = 'redis.redis.opstreelabs.in/v1beta2'

/** Redis by its operator: `cluster` as documented (with 3 masters, below which there is no cluster), or smaller. */
export function redisOperator(chart: Chart, namespace: string, values: RedisOperatorValues): void {
  if (values.kind === 'cluster') return cluster(chart, namespace, values)
  if (values.kind === 'standalone') return standalone(chart, namespace, values)
  replication(chart, namespace, values)
  sentinel(chart, namespace, values)
}

function cluster(chart: Chart, namespace: string, values: RedisOperatorValues): void {
  const { name, size, resources } = values
  const role = { replicas: size, resources, pdb: { enabled: true, maxUnavailable: 1 } }
  new ApiObject(chart, 'redis-cluster', {
    apiVersion: API_VERSION,
    kind: 'RedisCluster',
    metadata: { name, namespace },
    spec: {
      clusterSize: size,
      persistenceEnabled: true,
      kubernetesConfig: kubernetesConfig(values),
      podSecurityContext,
      ...exporter(values),
      redisLeader: role,
      redisFollower: role,
      storage: storage(values),
    },
  })
}

function standalone(chart: Chart, namespace: string, values: RedisOperatorValues): void {
  new ApiObject(chart, 'redis-standalone', {
    apiVersion: API_VERSION,
    kind: 'Redis',
    metadata: { name: values.name, namespace },
    spec: {
      kubernetesConfig: { ...kubernetesConfig(values), resources: values.resources },
      podSecurityContext,
      ...exporter(values),
      storage: storage(values),
    },
  })
}

function replication(chart: Chart, namespace: string, values: RedisOperatorValues): void {
  new ApiObject(chart, 'redis-replication', {
    apiVersion: API_VERSION,
    kind: 'RedisReplication',
    metadata: { name: values.name, namespace },
    spec: {
      clusterSize: values.size,
      kubernetesConfig: { ...kubernetesConfig(values), resources: values.resources },
      podSecurityContext,
      ...exporter(values),
      storage: storage(values),
    },
  })
}

/** Three Sentinels, of which two agree before a failover; the times are the documented ones. */
function sentinel(chart: Chart, namespace: string, values: RedisOperatorValues): void {
  const { name, sentinelImage, image, resources, passwordSecret } = values
  new ApiObject(chart, 'redis-sentinel', {
    apiVersion: API_VERSION,
    kind: 'RedisSentinel',
    metadata: { name: `${name}-sentinel`, namespace },
    spec: {
      clusterSize: 3,
      kubernetesConfig: { ...kubernetesConfig({ ...values, image: sentinelImage ?? image }), resources },
      podSecurityContext,
      pdb: { enabled: true, maxUnavailable: 1 },
      redisSentinelConfig: {
        redisReplicationName: name,
        masterGroupName: 'mymaster',
        quorum: '2',
        downAfterMilliseconds: '5000',
        failoverTimeout: '10000',
        redisReplicationPassword: { secretKeyRef: { name: passwordSecret, key: 'password' } },
      },
    },
  })
}

const podSecurityContext = { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 }

function kubernetesConfig({ image, passwordSecret }: RedisOperatorValues) {
  return { image, imagePullPolicy: 'IfNotPresent', redisSecret: { name: passwordSecret, key: 'password' } }
}

function exporter({ exporterImage }: RedisOperatorValues) {
  return exporterImage === undefined ? {} : { redisExporter: { enabled: true, image: exporterImage } }
}

function storage({ storage }: RedisOperatorValues) {
  return {
    volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } } },
  }
}

import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { MASTER } from './hosts.ts'
import {
  API_VERSION,
  kubernetesConfig,
  labels,
  podSecurityContext,
  securityContext,
  single,
  type Location,
} from './common.ts'
import { acrossZones } from '../../objects/spread.ts'
import type { RedisSentinelValues } from '../../environment/redis.ts'

const DISRUPTION_BUDGET = { enabled: true, maxUnavailable: 1 }

/** A master and its replicas. */
export function replication(chart: Chart, location: Location, values: RedisSentinelValues): void {
  new Manifest(chart, 'redis-replication', {
    apiVersion: API_VERSION,
    kind: 'RedisReplication',
    metadata: { name: values.name, namespace: location.namespace, labels },
    spec: {
      ...single(values, location),
      clusterSize: values.size,
      pdb: DISRUPTION_BUDGET,
      topologySpreadConstraints: spread({ app: values.name, role: 'replication' }),
    },
  })
}

/**
 * The Sentinels, which promote a replica when the master fails. They have no password: the clients do not send one, and
 * only the ChatApp's pods can connect.
 */
export function sentinel(chart: Chart, { namespace }: Location, values: RedisSentinelValues): void {
  const { name, passwordSecret, sentinels } = values
  const { redisSecret: _, ...config } = kubernetesConfig({ ...values, image: sentinels.image })
  new Manifest(chart, 'redis-sentinel', {
    apiVersion: API_VERSION,
    kind: 'RedisSentinel',
    metadata: { name, namespace, labels },
    spec: {
      clusterSize: sentinels.size,
      kubernetesConfig: { ...config, resources: sentinels.resources },
      podSecurityContext,
      securityContext,
      pdb: DISRUPTION_BUDGET,
      topologySpreadConstraints: spread({ app: `${name}-sentinel`, role: 'sentinel' }),
      redisSentinelConfig: {
        redisReplicationName: name,
        masterGroupName: MASTER,
        quorum: String(sentinels.quorum),
        downAfterMilliseconds: String(sentinels.downAfterMs),
        failoverTimeout: String(sentinels.failoverTimeoutMs),
        redisReplicationPassword: { secretKeyRef: { name: passwordSecret, key: 'password' } },
      },
    },
  })
}

function spread(matchLabels: Readonly<Record<string, string>>) {
  const [zones] = acrossZones(matchLabels)
  return [{ ...zones, topologyKey: 'kubernetes.io/hostname' }, zones]
}

import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { API_VERSION, claim, common, kubernetesConfig, labels, securityContext, type Location } from './common.ts'
import { acrossZones } from '../../objects/spread.ts'
import type { RedisClusterValues } from '../../environment/redis.ts'

/**
 * With this annotation, the webhook of the operator schedules a leader and the follower of the same number on different
 * nodes.
 */
const ROLE_ANTI_AFFINITY = { 'redisclusters.redis.redis.opstreelabs.in/role-anti-affinity': 'true' }

const HOSTNAME = 'kubernetes.io/hostname'

type Role = 'leader' | 'follower'

/** A Redis Cluster of leader pods, which start as masters, and as many follower pods, which start as their replicas. */
export function redisCluster(chart: Chart, location: Location, values: RedisClusterValues): void {
  const { name, size, storage, storageClassName } = values
  new Manifest(chart, 'redis-cluster', {
    apiVersion: API_VERSION,
    kind: 'RedisCluster',
    metadata: { name, namespace: location.namespace, labels, annotations: ROLE_ANTI_AFFINITY },
    spec: {
      ...common(values),
      clusterSize: size,
      clusterVersion: 'v7',
      persistenceEnabled: true,
      kubernetesConfig: kubernetesConfig(values),
      redisLeader: role('leader', location, values),
      redisFollower: role('follower', location, values),
      storage: {
        volumeClaimTemplate: claim(storage, storageClassName),
        // The identity of a node in the cluster, without which a moved pod could not rejoin with its data.
        nodeConfVolume: true,
        nodeConfVolumeClaimTemplate: claim('1Gi', storageClassName),
      },
    },
  })
}

function role(role: Role, { config }: Location, values: RedisClusterValues) {
  const pods = { matchLabels: { app: `${values.name}-${role}`, role } }
  return {
    replicas: values.size,
    resources: values.resources,
    securityContext,
    redisConfig: { additionalRedisConfig: config },
    pdb: { enabled: true, maxUnavailable: 1 },
    affinity: { podAntiAffinity: ANTI_AFFINITY[role](pods) },
    topologySpreadConstraints: acrossZones(pods.matchLabels),
  }
}

/**
 * A node runs at most one leader, so that its failure leaves a majority of masters. Followers only prefer different
 * nodes: with three nodes, this rule and that of the webhook cannot always both hold.
 */
const ANTI_AFFINITY = {
  leader: (labelSelector: object) => ({
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: HOSTNAME, labelSelector }],
  }),
  follower: (labelSelector: object) => ({
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 100, podAffinityTerm: { topologyKey: HOSTNAME, labelSelector } },
    ],
  }),
}

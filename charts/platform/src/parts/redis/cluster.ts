import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { API_VERSION, claim, common, kubernetesConfig, labels, securityContext, type Placed } from './spec.ts'
import type { RedisClusterValues } from '../../environment/redis.ts'

type Role = 'leader' | 'follower'

/** A Redis Cluster: as many leaders, which begin as masters, as followers, which begin as their replicas. */
export function redisCluster(chart: Chart, placed: Placed, values: RedisClusterValues): void {
  const { name, size, storage } = values
  new Manifest(chart, 'redis-cluster', {
    apiVersion: API_VERSION,
    kind: 'RedisCluster',
    metadata: { name, namespace: placed.namespace, labels, annotations: apart },
    spec: {
      ...common(values),
      clusterSize: size,
      clusterVersion: 'v7',
      persistenceEnabled: true,
      kubernetesConfig: kubernetesConfig(values),
      redisLeader: role('leader', placed, values),
      redisFollower: role('follower', placed, values),
      storage: {
        volumeClaimTemplate: claim(storage),
        // Who a node is in the cluster. Without it, a pod that moves comes back as a stranger to its own data.
        nodeConfVolume: true,
        nodeConfVolumeClaimTemplate: claim('1Gi'),
      },
    },
  })
}

/** The operator's webhook keeps a leader and the follower of its number on different nodes. */
const apart = { 'redisclusters.redis.redis.opstreelabs.in/role-anti-affinity': 'true' }

function role(role: Role, { config }: Placed, values: RedisClusterValues) {
  const pods = { matchLabels: { app: `${values.name}-${role}`, role } }
  return {
    replicas: values.size,
    resources: values.resources,
    securityContext,
    redisConfig: { additionalRedisConfig: config },
    pdb: { enabled: true, maxUnavailable: 1 },
    affinity: { podAntiAffinity: antiAffinity[role](pods) },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: pods,
      },
    ],
  }
}

const topologyKey = 'kubernetes.io/hostname'

/**
 * A node holds one leader at most, so that its failure leaves a majority of masters. Followers only prefer it: that
 * rule and the one above cannot always both be kept on three nodes.
 */
const antiAffinity = {
  leader: (labelSelector: object) => ({
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector }],
  }),
  follower: (labelSelector: object) => ({
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: { topologyKey, labelSelector } }],
  }),
}

import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { redisOperator } from './operator.ts'
import { redisPods } from './pods.ts'

/** Redis, which carries messages between pods and holds data that may be lost. Nothing is made for an external one. */
export function redis(chart: Chart, { environment: { dataNamespace, redis } }: Cluster): void {
  if (redis.kind === 'pods') redisPods(chart, dataNamespace, redis)
  else if (redis.kind !== 'external') redisOperator(chart, dataNamespace, redis)
}

import type { Chart } from 'cdk8s'
import type { RedisOperatorValues } from '../../../environment/redis.ts'
import { podMonitor } from './monitor.ts'

/** Redis by the exporter that its operator puts into each pod. The pods of a cluster are labelled by their role's name. */
export function redisMonitor(chart: Chart, home: string, namespace: string, { kind, name }: RedisOperatorValues): void {
  const values = kind === 'cluster' ? [`${name}-leader`, `${name}-follower`] : [name]
  podMonitor(chart, {
    name,
    home,
    namespace,
    selector: { matchExpressions: [{ key: 'app', operator: 'In', values }] },
    endpoint: { port: 'redis-exporter' },
  })
}

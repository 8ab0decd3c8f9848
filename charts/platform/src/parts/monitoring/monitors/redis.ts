import type { Chart } from 'cdk8s'
import type { RedisOperatorValues } from '../../../environment/redis.ts'
import { podMonitor } from './monitor.ts'

/** The monitor of the exporter in each Redis pod. The label `app` of the pods of a cluster ends in their role. */
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

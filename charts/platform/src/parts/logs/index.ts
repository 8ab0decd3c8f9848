import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { collector } from './collector.ts'
import { elasticsearch, kibana } from './elasticsearch.ts'

/** Elasticsearch, Kibana, and the collector of the pods' logs. */
export function logs(chart: Chart, cluster: Cluster): void {
  const { logs } = cluster.environment
  if (logs === undefined) return
  elasticsearch(chart, logs)
  kibana(chart, logs)
  collector(chart, cluster, logs)
}

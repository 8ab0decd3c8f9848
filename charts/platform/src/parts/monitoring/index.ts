import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { prometheusAccess } from './access.ts'
import { alertmanager } from './alertmanager.ts'
import { dashboards } from './dashboards/index.ts'
import { KUBELET_NAMESPACE } from './monitors/kubernetes.ts'
import { monitors } from './monitors/index.ts'
import { reportedNamespaces, watchedNamespaces } from './namespaces.ts'
import { prometheus } from './prometheus.ts'
import { rules } from './rules/index.ts'

/** Prometheus and Alertmanager, with monitors, alerts and dashboards of every part. */
export function monitoring(chart: Chart, cluster: Cluster): void {
  const { environment } = cluster
  const values = environment.monitoring
  if (values === undefined) return
  const namespaces = watchedNamespaces(environment)
  prometheusAccess(chart, values.namespace, [...namespaces, KUBELET_NAMESPACE])
  prometheus(chart, cluster, values, namespaces)
  alertmanager(chart, values)
  monitors(chart, environment, values, reportedNamespaces(environment))
  rules(chart, cluster, values)
  dashboards(chart, environment, values.namespace)
}

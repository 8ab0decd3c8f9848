import type { Chart } from 'cdk8s'
import type { Cluster } from '../environment/cluster.ts'
import { namespace } from '../objects/namespace.ts'

/** The parts that other operators run need more than `restricted`; ours do not. */
export function namespaces(chart: Chart, { environment }: Cluster): void {
  const { chatApp, operator, dataNamespace, database, storage, monitoring, logs } = environment
  namespace(chart, chatApp.namespace)
  namespace(chart, operator.namespace)
  namespace(chart, dataNamespace, database.kind === 'mariadb' ? 'restricted' : 'baseline')
  if (storage !== undefined) namespace(chart, storage.namespace, 'baseline')
  if (monitoring !== undefined) namespace(chart, monitoring.namespace, 'baseline')
  if (logs === undefined) return
  namespace(chart, logs.namespace, 'baseline')
  // The files of the nodes can be read at no other level, so nothing else is there.
  namespace(chart, logs.collector.namespace, 'privileged')
}

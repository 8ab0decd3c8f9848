import type { Chart } from 'cdk8s'
import type { Cluster } from './cluster.ts'
import { namespace } from './namespace.ts'

/** The parts that other operators run need more than `restricted`; ours do not. */
export function namespaces(chart: Chart, { environment }: Cluster): void {
  const { chatApp, dataNamespace, database, storage, monitoring } = environment
  namespace(chart, chatApp.namespace)
  namespace(chart, dataNamespace, database.kind === 'mariadb' ? 'restricted' : 'baseline')
  if (storage !== undefined) namespace(chart, storage.namespace, 'baseline')
  if (monitoring !== undefined) namespace(chart, monitoring.namespace, 'baseline')
}

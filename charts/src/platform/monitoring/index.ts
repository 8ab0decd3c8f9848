import type { Chart } from 'cdk8s'
import type { Cluster } from '../cluster.ts'
import { prometheus } from './prometheus.ts'

/** What watches the platform and the chat system. */
export function monitoring(chart: Chart, { environment: { monitoring, operator } }: Cluster): void {
  if (monitoring !== undefined) prometheus(chart, monitoring, operator.watchNamespaces)
}

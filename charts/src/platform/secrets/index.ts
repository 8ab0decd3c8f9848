import type { Chart } from 'cdk8s'
import type { Cluster } from '../cluster.ts'
import { authority } from './authority.ts'

/** Where the credentials and certificates of all other parts come from. */
export function secrets(chart: Chart, cluster: Cluster): void {
  authority(chart, cluster)
}

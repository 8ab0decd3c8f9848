import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { bootstrap } from './bootstrap.ts'
import { mariaDb } from './mariadb.ts'
import { pxc } from './pxc.ts'

/** Where messages are kept: what an acknowledgement stands for. */
export function database(chart: Chart, cluster: Cluster): void {
  const { dataNamespace, database } = cluster.environment
  if (database.kind === 'mariadb') return mariaDb(chart, dataNamespace, database)
  pxc(chart, cluster, database)
  // A follower gets its users from the active region, and must not write.
  if (cluster.region?.isActive !== false) bootstrap(chart, dataNamespace, database)
}

import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { bootstrap, externalUsers } from './bootstrap.ts'
import { mariaDb } from './mariadb.ts'
import { pxc } from './pxc.ts'

/** The database that stores the messages. */
export function database(chart: Chart, cluster: Cluster): void {
  const { dataNamespace, database } = cluster.environment
  if (database.kind === 'mariadb') return mariaDb(chart, dataNamespace, database)
  if (database.kind === 'external') return externalUsers(chart, dataNamespace, database)
  pxc(chart, cluster, database)
  // A replica gets its users from the active region, and must not write.
  if (cluster.region?.isActive !== false) bootstrap(chart, dataNamespace, database)
}

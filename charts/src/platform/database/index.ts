import type { Chart } from 'cdk8s'
import type { Cluster } from '../cluster.ts'
import { mariaDb } from './mariadb.ts'
import { pxc } from './pxc.ts'

/** Where messages are kept: what an acknowledgement stands for. */
export function database(chart: Chart, { environment: { dataNamespace, database } }: Cluster): void {
  if (database.kind === 'mariadb') mariaDb(chart, dataNamespace, database)
  else pxc(chart, dataNamespace, database)
}

import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { bucketsJob } from './job.ts'
import { exposure } from './exposure.ts'
import { tenant } from './tenant.ts'

/** Where files and backups are kept. Of an S3 that somebody else runs, only the buckets are ours, and one cluster makes them. */
export function storage(chart: Chart, cluster: Cluster): void {
  const { storage } = cluster.environment
  if (storage === undefined) return
  if (storage.kind === 'tenant') {
    tenant(chart, storage)
    exposure(chart, cluster, storage)
  } else if (cluster.region?.isActive === false) return
  bucketsJob(chart, cluster, storage)
}

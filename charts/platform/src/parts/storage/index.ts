import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { bucketsJob } from './job.ts'
import { exposure } from './exposure.ts'
import { tenant } from './tenant.ts'

/** The object storage of files and backups. In an external S3 the platform only makes the buckets, from one cluster. */
export function storage(chart: Chart, cluster: Cluster): void {
  const { storage } = cluster.environment
  if (storage === undefined) return
  if (storage.kind === 'tenant') {
    tenant(chart, storage)
    exposure(chart, cluster, storage)
  } else if (cluster.region?.isActive === false) return
  bucketsJob(chart, cluster, storage)
}

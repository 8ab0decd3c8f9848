import type { Chart } from 'cdk8s'
import type { Cluster } from '../cluster.ts'
import { minio } from './tenant.ts'

/** Where files are kept. */
export function storage(chart: Chart, { environment: { storage } }: Cluster): void {
  if (storage !== undefined) minio(chart, storage)
}

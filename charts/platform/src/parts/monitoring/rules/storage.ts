import type { RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

/** Alerts on the object storage. Every server reports the whole cluster. */
export function storageRules(namespace: string): RuleGroup {
  const at = `namespace="${namespace}"`
  return {
    name: 'storage',
    alerts: [
      {
        name: 'MinioUnhealthy',
        severity: 'critical',
        expr: `min(minio_cluster_health_status{${at}}) == 0`,
        for: '2m',
        summary: 'The object storage has no write quorum',
        description: 'Files and backups cannot be written (health {{ $value }}).',
      },
      {
        name: 'MinioDriveOffline',
        severity: 'warning',
        expr: `max(minio_cluster_drive_offline_total{${at}}) > 0`,
        for: '5m',
        summary: 'A drive of the object storage is offline',
        description: '{{ $value }} drives are offline; the other drives still hold their data.',
      },
      {
        name: 'MinioNodeOffline',
        severity: 'warning',
        expr: `max(minio_cluster_nodes_offline_total{${at}}) > 0`,
        for: '5m',
        summary: 'A server of the object storage is offline',
        description: '{{ $value }} servers are offline.',
      },
      {
        name: 'MinioCapacityLow',
        severity: 'warning',
        expr: `min(minio_cluster_capacity_usable_free_bytes{${at}} / minio_cluster_capacity_usable_total_bytes{${at}}) < ${THRESHOLDS.volumeLowRatio}`,
        for: '15m',
        summary: 'The object storage is filling up',
        description: '{{ $value | humanizePercentage }} of its space is free; backups need space too.',
      },
    ],
  }
}

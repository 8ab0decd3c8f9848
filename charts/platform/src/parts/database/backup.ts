import type { Cluster } from '../../environment/cluster.ts'
import { containerSecurity, podSecurity, resources } from './pods.ts'
import type { BackupValues } from '../../environment/database-backup.ts'
import { BACKUP_SECONDS } from '../../limits.ts'

const FULL = 'full'
const BINLOGS = 'binlogs'

/**
 * Resources of the collector of the binary log. It uploads streams of unknown length, and its S3 client (minio-go)
 * allocates a buffer of 528 MiB for each, however small the log is. Go reuses the buffers and frees them late: at most
 * three were resident in measurements.
 */
const COLLECTOR_RESOURCES = resources('100m', '1Gi', '500m', '2Gi')

/**
 * The field `backup` of the cluster. Full backups and the binary log have separate folders: the operator treats every
 * file beside a binary log as one, and a lifecycle rule can delete old logs by the folder, which the operator never
 * does. The storages of all regions replicate each other, so each region has folders of its own.
 */
export function backups(values: BackupValues, region: Cluster['region']) {
  const { image, schedules, uploadIntervalSeconds } = values
  const folder = region === undefined ? '' : `/${region.own.name}`
  const isCollecting = uploadIntervalSeconds !== undefined
  return {
    image,
    allowParallel: false,
    backoffLimit: 3,
    activeDeadlineSeconds: BACKUP_SECONDS,
    storages: {
      [FULL]: storage(values, `/${FULL}${folder}`),
      ...(isCollecting && { [BINLOGS]: storage(values, `/${BINLOGS}${folder}`) }),
    },
    schedule: schedules.map(({ name, cron, keep }) => ({
      name,
      schedule: cron,
      storageName: FULL,
      retention: { type: 'count', count: keep, deleteFromStorage: true },
    })),
    // Only in the region that takes the writes: the binary log of a replica repeats that of its source.
    ...(isCollecting && {
      pitr: {
        enabled: region?.isActive !== false,
        storageName: BINLOGS,
        timeBetweenUploads: uploadIntervalSeconds,
        resources: COLLECTOR_RESOURCES,
      },
    }),
  }
}

function storage({ bucket, endpointUrl, region, credentialsSecret, verifyTls }: BackupValues, folder: string) {
  return {
    type: 's3',
    verifyTLS: verifyTls,
    resources: resources('100m', '256Mi', '1', '1Gi'),
    podSecurityContext: podSecurity,
    containerSecurityContext: containerSecurity,
    s3: { bucket: `${bucket}${folder}`, endpointUrl, region, credentialsSecret },
  }
}

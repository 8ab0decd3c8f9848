import type { Cluster } from '../../environment/cluster.ts'
import { containerSecurity, podSecurity, resources } from './pods.ts'
import type { BackupValues } from '../../environment/database-backup.ts'

const FULL = 'full'
const BINLOGS = 'binlogs'

/** A backup that hangs holds back all later ones. */
const LONGEST_BACKUP_SECONDS = 6 * 60 * 60

/**
 * Of the collector of the binary log. It uploads streams of unknown length, for each of which its S3 client (minio-go) takes a buffer
 * of 528 MiB, however small the log is. Go clears those that it uses again and frees them late: three of them were resident at most.
 */
const collector = resources('100m', '1Gi', '500m', '2Gi')

/**
 * The `backup` of the database. Full backups and the binary log go to folders of their own: the operator takes any file
 * beside a binary log for one. A lifecycle of the bucket can delete old binary logs by that folder's name, which the
 * operator never does. Regions share the bucket, for their storages replicate each other.
 */
export function backups(values: BackupValues, region: Cluster['region']) {
  const { image, schedules, uploadIntervalSeconds } = values
  const folder = region === undefined ? '' : `/${region.own.name}`
  const isCollecting = uploadIntervalSeconds !== undefined
  return {
    image,
    allowParallel: false,
    backoffLimit: 3,
    activeDeadlineSeconds: LONGEST_BACKUP_SECONDS,
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
    // Only where writes happen: a follower's binary log repeats that of the active cluster under another origin.
    ...(isCollecting && {
      pitr: {
        enabled: region?.isActive !== false,
        storageName: BINLOGS,
        timeBetweenUploads: uploadIntervalSeconds,
        resources: collector,
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

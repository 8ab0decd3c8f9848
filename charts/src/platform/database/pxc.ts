import { ApiObject, type Chart } from 'cdk8s'
import type { BackupValues, PxcValues } from './values.ts'

/** The documented database cluster. What has changed since in its operator is said where it stands. */
export function pxc(chart: Chart, namespace: string, values: PxcValues): void {
  const { name, crVersion, size, unsafe, proxy, backup } = values
  new ApiObject(chart, 'pxc', {
    apiVersion: 'pxc.percona.com/v1',
    kind: 'PerconaXtraDBCluster',
    metadata: { name, namespace },
    spec: {
      crVersion,
      secretsName: 'mysql-secrets',
      // allowUnsafeConfigurations would also turn TLS off; from 1.15 each danger is named.
      ...(unsafe === true && { unsafeFlags: { pxcSize: true, proxySize: true } }),
      updateStrategy: 'SmartUpdate',
      upgradeOptions: { apply: 'Disabled', schedule: '0 4 * * 0' },
      pxc: {
        size,
        image: values.image,
        resources: values.resources,
        volumeSpec: { persistentVolumeClaim: claim(values) },
        configuration: configuration(values),
        podDisruptionBudget: { maxUnavailable: 1 },
        affinity: { antiAffinityTopologyKey: size > 1 ? 'kubernetes.io/hostname' : 'none' },
      },
      haproxy: {
        enabled: true,
        size: proxy.size,
        image: proxy.image,
        resources: proxy.resources,
        affinity: { antiAffinityTopologyKey: proxy.size > 1 ? 'kubernetes.io/hostname' : 'none' },
      },
      ...(backup !== undefined && { backup: backups(backup) }),
    },
  })
}

function claim({ storage, storageClassName }: PxcValues) {
  return {
    ...(storageClassName !== undefined && { storageClassName }),
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage } },
  }
}

// The images ship innodb_flush_log_at_trx_commit=2, with which a power cut loses acknowledged messages.
function configuration({ bufferPool }: PxcValues): string {
  return `[mysqld]
max_connections=1000
max_allowed_packet=256M
innodb_buffer_pool_size=${bufferPool}
innodb_flush_log_at_trx_commit=1
`
}

const STORAGE = 's3'

function backups({ image, schedules, uploadIntervalSeconds, ...s3 }: BackupValues) {
  const { bucket, endpointUrl, region, credentialsSecret } = s3
  return {
    image,
    storages: { [STORAGE]: { type: 's3', verifyTLS: true, s3: { bucket, endpointUrl, region, credentialsSecret } } },
    schedule: schedules.map(({ name, cron, keep }) => ({
      name,
      schedule: cron,
      storageName: STORAGE,
      retention: { type: 'count', count: keep, deleteFromStorage: true },
    })),
    ...(uploadIntervalSeconds !== undefined && {
      pitr: { enabled: true, storageName: STORAGE, timeBetweenUploads: uploadIntervalSeconds },
    }),
  }
}

import type { ChatAppSpecInput } from '@chat-app/crds'
import type { OperatorValues } from '../operator-install.ts'

/** Everything that makes one environment differ from another, as plain values. */
export interface Environment {
  readonly name: string
  readonly chatApp: { readonly name: string; readonly namespace: string; readonly spec: ChatAppSpecInput }
  readonly operator: OperatorValues
  /** Where the database, Redis and files live; the namespace is shared by the first two. */
  readonly dataNamespace: string
  readonly database: MariaDbValues | PxcValues
  readonly redis: RedisPodsValues | RedisOperatorValues
  /** @default no object storage */
  readonly storage?: MinioValues
  /** @default no Prometheus of its own */
  readonly monitoring?: PrometheusValues
}

export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string }
  readonly limits: { readonly cpu: string; readonly memory: string }
}

/** One MariaDB pod: for a laptop and for tests. */
export interface MariaDbValues {
  readonly kind: 'mariadb'
  readonly image: string
  /** Size of its volume. @default none: the data goes with the pod */
  readonly storage?: string
  readonly resources: Resources
}

/** A Percona XtraDB Cluster, run by its operator. */
export interface PxcValues {
  readonly kind: 'pxc'
  /** At most 22 characters: the operator makes longer names from it. */
  readonly name: string
  readonly crVersion: string
  readonly image: string
  /** Database nodes. Fewer than 3, or an even number, needs `unsafe`. */
  readonly size: number
  readonly proxy: { readonly image: string; readonly size: number; readonly resources: Resources }
  readonly resources: Resources
  readonly storage: string
  /** @default the cluster's default class */
  readonly storageClassName?: string
  readonly bufferPool: string
  /** Allows sizes that can lose data. @default false */
  readonly unsafe?: boolean
  /** @default no backups */
  readonly backup?: BackupValues
}

export interface BackupValues {
  readonly image: string
  readonly bucket: string
  readonly endpointUrl: string
  readonly region: string
  /** Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. */
  readonly credentialsSecret: string
  readonly schedules: readonly { readonly name: string; readonly cron: string; readonly keep: number }[]
  /** Uploads the binary log at this interval, for recovery to any point in time. @default none */
  readonly uploadIntervalSeconds?: number
}

/** A Redis Cluster of 3 masters and 3 replicas as plain pods: for a laptop and for tests. */
export interface RedisPodsValues {
  readonly kind: 'pods'
  readonly image: string
  /** Size of each volume. @default none: the data goes with the pods */
  readonly storage?: string
  readonly resources: Resources
}

/** Redis, run by its operator: one pod, a master with replicas and Sentinels, or a cluster. */
export interface RedisOperatorValues {
  readonly kind: 'standalone' | 'sentinel' | 'cluster'
  readonly name: string
  readonly image: string
  /** Masters of a cluster (at least 3, each with a replica), or pods of a replication. Unused with standalone. */
  readonly size: number
  readonly sentinelImage?: string
  readonly exporterImage?: string
  readonly resources: Resources
  readonly storage: string
  /** Secret with the password under the key `password`. */
  readonly passwordSecret: string
}

/** A MinIO Tenant, run by its operator. */
export interface MinioValues {
  readonly name: string
  readonly namespace: string
  readonly image: string
  readonly servers: number
  readonly volumesPerServer: number
  readonly volumeSize: string
  readonly resources: Resources
  /** Secret with the key `config.env`, which sets the root user and password. */
  readonly configurationSecret: string
}

/** A Prometheus, run by its operator. */
export interface PrometheusValues {
  readonly name: string
  readonly namespace: string
  readonly version: string
  readonly replicas: number
  readonly resources: Resources
  readonly storage: string
  /** @default the cluster's default class */
  readonly storageClassName?: string
}

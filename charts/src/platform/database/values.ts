import { z } from 'zod'
import { count, image, objectName, quantity, resources, seconds } from '../fields.ts'

/** One MariaDB pod: for a laptop and for tests. */
export const mariaDbValues = z
  .strictObject({
    kind: z.literal('mariadb'),
    image,
    /** Size of its volume. @default none: the data goes with the pod */
    storage: quantity.exactOptional(),
    resources,
  })
  .readonly()

const backup = z
  .strictObject({
    image,
    bucket: z.string(),
    endpointUrl: z.url(),
    region: z.string(),
    /** Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. */
    credentialsSecret: objectName(),
    schedules: z
      .array(z.strictObject({ name: objectName(), cron: z.string(), keep: count(1, 1000) }).readonly())
      .readonly(),
    /** Uploads the binary log at this interval, for recovery to any point in time. @default none */
    uploadIntervalSeconds: seconds(1, 3600).exactOptional(),
  })
  .readonly()

/** A Percona XtraDB Cluster, run by its operator. */
export const pxcValues = z
  .strictObject({
    kind: z.literal('pxc'),
    /** Its operator makes longer names from it. */
    name: objectName(22),
    crVersion: z.string(),
    image,
    /** Database nodes. Fewer than 3, or an even number, needs `unsafe`. */
    size: count(1, 9),
    proxy: z.strictObject({ image, size: count(1, 9), resources }).readonly(),
    resources,
    storage: quantity,
    /** @default the cluster's default class */
    storageClassName: z.string().exactOptional(),
    bufferPool: quantity,
    /** Allows sizes that can lose data. @default false */
    unsafe: z.boolean().exactOptional(),
    /** @default no backups */
    backup: backup.exactOptional(),
  })
  .readonly()

export const databaseValues = z.discriminatedUnion('kind', [mariaDbValues, pxcValues])
export type MariaDbValues = z.output<typeof mariaDbValues>
export type PxcValues = z.output<typeof pxcValues>
export type BackupValues = z.output<typeof backup>
export type DatabaseValues = MariaDbValues | PxcValues

import { z } from 'zod'
import { count, image, namespaceName, objectName, origin, resources, volumeSize } from './fields.ts'
import { bucketName } from './bucket-name.ts'
import { erasureSetRules } from './erasure-sets.ts'

const days = z.int().min(1, 'must be at least 1: S3 counts whole days').max(3650, 'must be at most 3650: ten years')

/** The bucket of the files, and the lifecycle of all buckets. The bucket of the backups is in `database.backup`. */
const buckets = {
  /** Bucket of the files that users send. */
  files: bucketName,
  /** Days that an overwritten or deleted object can be restored. */
  oldVersionsDays: days,
  /** Days that the binary log of the database is kept. @default forever */
  binaryLogDays: days.exactOptional(),
}

const shared = {
  namespace: namespaceName,
  /** Image with the S3 client mc, for the Job that makes the buckets. */
  clientImage: image,
}

/** The Secret with the users of a Tenant: two keys for each, such as `backup-access-key` and `backup-secret-key`. */
export const TENANT_USERS_SECRET = 'minio-users'

/** The StatefulSet is `<tenant>-data-pool`, and its pods have a label that is 11 characters longer. */
const TENANT_NAME_CHARACTERS = 42

/** A MinIO Tenant, run by its operator. */
export const tenantValues = z
  .strictObject({
    kind: z.literal('tenant'),
    name: objectName(TENANT_NAME_CHARACTERS),
    ...shared,
    buckets: z.strictObject(buckets).readonly(),
    image,
    servers: count(1, 64),
    volumesPerServer: count(1, 64),
    volumeSize,
    /** @default the cluster's default class */
    storageClassName: objectName().exactOptional(),
    resources,
    /** Secret with the key `config.env`, which sets the root user and password. */
    configurationSecret: objectName(),
  })
  .superRefine(erasureSetRules)
  .readonly()
export type TenantValues = z.output<typeof tenantValues>

/** An S3 outside the platform, which only makes the buckets in it. */
export const externalValues = z
  .strictObject({
    kind: z.literal('external'),
    ...shared,
    buckets: z
      .strictObject({
        ...buckets,
        /** @default the buckets keep no versions */
        oldVersionsDays: days.exactOptional(),
      })
      .readonly(),
    endpoint: origin,
    region: z.string().regex(/^[a-z0-9-]{1,63}$/, 'must be the region that requests are signed for, often us-east-1'),
    /** Secret with the keys of the owner, who may make buckets, and of the user of each bucket. */
    usersSecret: objectName(),
  })
  .readonly()
export type ExternalValues = z.output<typeof externalValues>

export const storageValues = z.discriminatedUnion('kind', [tenantValues, externalValues])
export type StorageValues = TenantValues | ExternalValues

import { z } from 'zod'
import { count, image, namespaceName, objectName, origin, resources, volumeSize } from './fields.ts'
import { bucketName } from './bucket-name.ts'
import { volumeRules } from './volume-rules.ts'

const days = z.int().min(1, 'must be at least 1: S3 counts whole days').max(3650, 'must be at most 3650: ten years')

/** Buckets that the platform makes besides that of the database's backups, which is named with the backups. */
const buckets = {
  /** Files that users send. */
  files: bucketName,
  /** How many days an overwritten or deleted object can still be read. */
  oldVersionsDays: days,
  /** How many days the binary log of the database is kept. @default for ever */
  binaryLogDays: days.exactOptional(),
}

const shared = {
  namespace: namespaceName,
  /** Image with the S3 client mc, which the Job runs that makes the buckets. */
  clientImage: image,
}

/** The Secret with the users of a Tenant: two keys for each, such as `backup-access-key` and `backup-secret-key`. */
export const TENANT_USERS_SECRET = 'minio-users'

/** The operator names a StatefulSet `<tenant>-data-pool`, and Kubernetes puts 11 more characters into a label of its pods. */
const TENANT_NAME_LENGTH = 42

/** A MinIO Tenant, run by its operator. */
export const tenantValues = z
  .strictObject({
    kind: z.literal('tenant'),
    name: objectName(TENANT_NAME_LENGTH),
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
  .superRefine(volumeRules)
  .readonly()
export type TenantValues = z.output<typeof tenantValues>

/** Any S3 that somebody else runs: only the buckets are made in it. */
export const externalValues = z
  .strictObject({
    kind: z.literal('external'),
    ...shared,
    buckets: z
      .strictObject({
        ...buckets,
        /** @default none: for an S3 that has no versions */
        oldVersionsDays: days.exactOptional(),
      })
      .readonly(),
    endpoint: origin,
    region: z.string().regex(/^[a-z0-9-]{1,63}$/, 'must be the region that requests are signed for, often us-east-1'),
    /** Secret with the keys of the owner, who may make buckets, and of the users of each bucket. */
    usersSecret: objectName(),
  })
  .readonly()
export type ExternalValues = z.output<typeof externalValues>

export const storageValues = z.discriminatedUnion('kind', [tenantValues, externalValues])
export type StorageValues = TenantValues | ExternalValues

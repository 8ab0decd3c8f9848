import { z } from 'zod'
import { count, image, objectName, origin, seconds } from './fields.ts'
import { bucketName } from './bucket-name.ts'
import { cron } from './cron.ts'
import { BINARY_LOG_UPLOAD_SECONDS } from '../limits.ts'

const schedule = z
  .strictObject({
    name: objectName(),
    cron,
    /** How many of its backups are kept. Older ones are deleted, also from the storage. */
    keep: count(1, 1000),
  })
  .readonly()

/** Full backups on a schedule and, between them, the binary log, for recovery to any point in time. */
export const backup = z
  .strictObject({
    image,
    /** The bucket. Each cluster writes to folders of its own in it. */
    bucket: bucketName,
    endpointUrl: origin,
    /**
     * Whether to verify the certificate of the endpoint. The authority of the cluster signs that of a MinIO in the same
     * cluster, and the image of the backup does not trust it; the operator accepts an authority since 1.19.
     */
    verifyTls: z.boolean(),
    region: z.string().regex(/^[a-z0-9-]{1,63}$/, 'must be the region that requests are signed for, often us-east-1'),
    /** Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. */
    credentialsSecret: objectName(),
    schedules: z
      .array(schedule)
      .min(1, 'must have a schedule: the binary log can only be replayed onto a full backup')
      .readonly(),
    /** Seconds between uploads of the binary log, for recovery to any point in time. @default no uploads */
    uploadIntervalSeconds: seconds(1, BINARY_LOG_UPLOAD_SECONDS).exactOptional(),
  })
  .superRefine(({ schedules }, context) => {
    const names = schedules.map(({ name }) => name)
    for (const [index, name] of names.entries())
      if (names.indexOf(name) !== index)
        context.addIssue({
          code: 'custom',
          path: ['schedules', index, 'name'],
          message: 'must differ from the other schedules: retention counts backups by the name of their schedule',
        })
  })
  .readonly()
export type BackupValues = z.output<typeof backup>

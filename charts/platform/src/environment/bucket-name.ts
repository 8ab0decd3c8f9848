import { z } from 'zod'

const CHARACTERS = /^[a-z0-9-]+$/
const ENDS = /^[a-z0-9](.*[a-z0-9])?$/
const RESERVED = /^(xn--|sthree-|amzn-s3-demo-|minio$)|(-s3alias|--ol-s3|--x-s3|--table-s3)$/

/**
 * The name of a bucket, as every S3 accepts it. S3 allows dots too, but a certificate for `*.<host>` does not cover a
 * bucket with a dot in its name.
 */
export const bucketName = z
  .string()
  .min(3, 'must have at least 3 characters')
  .max(63, 'must have at most 63 characters')
  .regex(CHARACTERS, 'must be lower-case letters, digits and -')
  .regex(ENDS, 'must begin and end with a letter or a digit')
  .refine((name) => !RESERVED.test(name), 'must not begin or end like a name that S3 or MinIO reserves')

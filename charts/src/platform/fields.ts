import { z } from 'zod'

const QUANTITY = /^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/
const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/

/** An amount as Kubernetes writes it. */
export const quantity = z.string().regex(QUANTITY, 'must be a quantity such as 500m, 2Gi or 100G')

/** What a container asks for and may use at most. */
export const resources = z
  .strictObject({
    requests: z.strictObject({ cpu: quantity, memory: quantity }).readonly(),
    limits: z.strictObject({ cpu: quantity, memory: quantity }).readonly(),
  })
  .readonly()
export type Resources = z.output<typeof resources>

/** The name of an object or a namespace. */
export function objectName(maxLength = 63) {
  return z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    .regex(DNS_LABEL, 'must be lower-case letters, digits and -, and begin with a letter')
}

/** An image with its release: what an environment runs is a decision, so the tag is there and is not `latest`. */
export const image = z
  .string()
  .regex(
    /^[^\s@]+:[\w][\w.-]{0,127}(@sha256:[0-9a-f]{64})?$/,
    'must be an image with its tag, such as quay.io/minio/minio:1.2.3',
  )
  .refine((value) => !/:latest(@|$)/.test(value), 'must name a release: what `latest` is changes unseen')

/** How many seconds. */
export function seconds(min: number, max: number) {
  return z.int().min(min, `must be at least ${min} seconds`).max(max, `must be at most ${max} seconds`)
}

/** Number of pods. */
export function count(min: number, max: number) {
  return z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`)
}

/** Where an S3 answers: `https://`, a host and perhaps a port. */
export const origin = z
  .url({ protocol: /^https$/, error: 'must be an https URL: keys and files go over it' })
  .refine(
    (value) => !URL.canParse(value) || new URL(value).origin === value,
    'must have no path, not even a / at its end',
  )

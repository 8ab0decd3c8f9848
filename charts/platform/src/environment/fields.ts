import { quantityValue } from '@chat-app/crds'
import { z } from 'zod'

const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/

/** A quantity within bounds. Outside them, the unit is most likely missing or wrong. */
function amount(form: RegExp, examples: string, least: string, most: string) {
  return z
    .string()
    .regex(form, { error: `must be an amount such as ${examples}`, abort: true })
    .refine(
      (text) => quantityValue(text) >= quantityValue(least) && quantityValue(text) <= quantityValue(most),
      `must be ${least} to ${most}: check the unit`,
    )
}

const BYTES = /^\d{1,15}(\.\d{1,9})?(k|M|G|T|Ki|Mi|Gi|Ti)?$/

const cpu = amount(/^(\d{1,9}m|\d{1,9}(\.\d{1,3})?)$/, '500m or 2', '1m', '512')
const memory = amount(BYTES, '512Mi or 2Gi', '1Mi', '16Ti')

/** The size of a volume. */
export const volumeSize = amount(BYTES, '100Gi', '100M', '1024Ti')

/** The requests and limits of a container. */
export const resources = z
  .strictObject({
    requests: z.strictObject({ cpu, memory }).readonly(),
    limits: z.strictObject({ cpu, memory }).readonly(),
  })
  .superRefine(({ requests, limits }, context) => {
    for (const name of ['cpu', 'memory'] as const)
      if (quantityValue(requests[name]) > quantityValue(limits[name]))
        context.addIssue({
          code: 'custom',
          path: ['requests', name],
          message: `must not exceed the limit, which is ${JSON.stringify(limits[name])}: Kubernetes rejects such pods`,
        })
  })
  .readonly()
export type Resources = z.output<typeof resources>

/**
 * The name of an object or a namespace: a DNS label.
 *
 * @param maxLength characters. @default 63
 */
export function objectName(maxLength = 63) {
  return z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    .regex(DNS_LABEL, 'must be lower-case letters, digits and -, and begin with a letter')
}

const NAMES_OF_KUBERNETES = /^(default|kube-.*)$/

/** A namespace of the platform. */
export const namespaceName = objectName().refine(
  (name) => !NAMES_OF_KUBERNETES.test(name),
  'must not be a namespace of Kubernetes itself: the NetworkPolicies and quotas of the platform would apply to its pods',
)

/** The DNS name of a host, as an Ingress takes it. */
export const host = z
  .string()
  .max(253, 'must have at most 253 characters')
  .regex(
    /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'must be a full DNS name such as logs.example.com: lower case, no scheme, port or path',
  )

/** Whether the port of an address such as `name.example.com:53`, if there is one, is 1 to 65535. */
export function hasValidPort(address: string): boolean {
  const port = /:(\d+)$/.exec(address)?.[1]
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535)
}

const PATH = '[a-z0-9]+((\\.|_{1,2}|-+)[a-z0-9]+)*'

const TAGGED = 'must be an image with its tag, such as quay.io/minio/minio:1.2.3'

/** The host of a registry: it has a dot or a port, as container runtimes tell it from the first part of a path. */
const REGISTRY = '([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+(:\\d{1,5})?|[a-z0-9-]+:\\d{1,5})'

/**
 * An image with the host of its registry, which CRI-O does not guess, and a tag that is not `latest`, so that the
 * release only changes with the values.
 */
export const image = z
  .string()
  .max(512, 'must have at most 512 characters')
  .regex(/:\w[\w.-]{0,127}(@sha256:[0-9a-f]{64})?$/, { error: TAGGED, abort: true })
  .regex(new RegExp(`^${REGISTRY}/`), {
    error:
      'must begin with the host of its registry, such as docker.io/percona/haproxy:2.8.17: CRI-O refuses a name without one',
    abort: true,
  })
  .regex(new RegExp(`^${REGISTRY}(/${PATH})+:\\w[\\w.-]{0,127}(@sha256:[0-9a-f]{64})?$`), TAGGED)
  .refine((value) => !/:latest(@|$)/.test(value), 'must name a release: `latest` changes without notice')

/** The host of a registry, and a path in it, as the beginning of the name of an image. */
export const registry = z
  .string()
  .max(255, 'must have at most 255 characters')
  .regex(
    new RegExp(`^${REGISTRY}(/${PATH})*$`),
    'must be the host of a registry and a path in it, such as registry.example.com/mirror: no scheme, and no / at its end',
  )

/** Labels of an object. */
export const labels = z
  .record(
    z
      .string()
      .regex(
        /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/,
        'must be the name of a label, such as example.com/team',
      ),
    z.string().regex(/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/, 'must be the value of a label, such as chat'),
  )
  .readonly()

/** A number of seconds, bounds included. */
export function seconds(min: number, max: number) {
  return z.int().min(min, `must be at least ${min} seconds`).max(max, `must be at most ${max} seconds`)
}

/** A whole number, bounds included. */
export function count(min: number, max: number) {
  return z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`)
}

/** A list without repeated entries. */
export function distinct<T extends z.ZodType>(item: T, min = 0) {
  return z
    .array(item)
    .min(min, `must have at least ${min}`)
    .superRefine((list, context) => {
      for (const [index, value] of list.entries())
        if (list.indexOf(value) !== index)
          context.addIssue({ code: 'custom', path: [index], message: 'must not repeat an earlier entry' })
    })
    .readonly()
}

/** Annotations of an object. */
export const annotations = z
  .record(
    z
      .string()
      .regex(
        /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/,
        'must be the name of an annotation, such as haproxy.org/server-ssl',
      ),
    z.string().max(10_000, 'must have at most 10000 characters'),
  )
  .readonly()

/** An `https://HOST` or `https://HOST:PORT` URL, without a path. */
export function httpsOrigin(error: string) {
  return z
    .url({ protocol: /^https$/, error, abort: true })
    .refine(
      (value) => new URL(value).origin === value,
      'must have no path, not even a / at its end: https://, a host in lower case, and a port where it is not 443',
    )
}

export const origin = httpsOrigin('must be an https URL: keys and files go over it')

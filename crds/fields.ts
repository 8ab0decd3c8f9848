import { z } from 'zod'
import { quantityValue } from './quantity.ts'
import { ruled } from './rules.ts'

/** An object without other fields. */
export const object = z.strictObject

/** A string of 1 to `max` characters. */
export function text(max: number): z.ZodString {
  return z.string().min(1).max(max)
}

/**
 * A string of a format. A rule checks it, because the API server answers a wrong `pattern` only with the pattern itself.
 */
export function formatted(format: Format): z.ZodString {
  return ruled(text(format.max), {
    rule: `self.matches('${format.pattern}')`,
    message: `must be ${format.must}`,
    messageExpression: `'must be ${format.must} (it is "' + self + '")'`,
    holds: (self) => new RegExp(format.pattern).test(self),
  })
}

/** The rule for a kind of name. */
export interface Format {
  /** Most characters. */
  readonly max: number
  /** Valid in RE2 and in JavaScript; without backslashes, so that CEL needs no escapes. */
  readonly pattern: string
  /** What stands behind "must be" in the message. */
  readonly must: string
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const byte = '(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'

/** The formats of names and versions in the resource. */
export const formats = {
  host: {
    max: 253,
    pattern: `^${label}([.]${label})+$`,
    must: 'a full DNS name such as chat.example.com: lowercase letters, digits and "-" between dots, no scheme, port or path',
  },
  objectName: {
    max: 253,
    pattern: `^${label}([.]${label})*$`,
    must: 'the name of a Kubernetes object: lowercase letters, digits, "-" and "."',
  },
  namespace: {
    max: 63,
    pattern: `^${label}$`,
    must: 'the name of a namespace: at most 63 lowercase letters, digits and "-"',
  },
  dataKey: {
    max: 253,
    pattern: '^[-._a-zA-Z0-9]+$',
    must: 'a key of a Secret: letters, digits, "-", "_" and "."',
  },
  // The tag of an image (128 characters) that is also the value of a label (63 characters, ends with a letter or digit).
  version: {
    max: 63,
    pattern: '^[a-zA-Z0-9]([-._a-zA-Z0-9]*[a-zA-Z0-9])?$',
    must: 'a release such as 1.4.2: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
  },
  registry: {
    max: 255,
    pattern: '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$',
    must: 'a registry and path such as registry.example.com/chat-app, without a scheme and without a "/" at the end',
  },
  digest: {
    max: 71,
    pattern: '^sha256:[a-f0-9]{64}$',
    must: 'an image digest: "sha256:" and 64 lowercase hexadecimal digits',
  },
  // The services check the rest of an IPv6 address. A prefix of 0 is every address.
  cidr: {
    max: 43,
    pattern: `^(${byte}([.]${byte}){3}/([1-9]|[12][0-9]|3[0-2])|[0-9a-fA-F:]*:[0-9a-fA-F:.]*/([1-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))$`,
    must: 'a range of addresses such as 10.0.0.0/8 or fd00::/8, and not every address',
  },
  origin: {
    max: 270,
    pattern: `^([*]|https?://${label}([.]${label})*(:[0-9]{1,5})?)$`,
    must: 'the origin of a page such as https://chat.example.com, without a path or a "/", or "*" for all',
  },
  timeOfDay: {
    max: 5,
    pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
    must: 'a time of day such as 02:00: two digits each of the hour (00 to 23) and the minute',
  },
} satisfies Record<string, Format>

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): z.ZodInt {
  return z.int().min(min).max(max)
}

const QUANTITY = /^[0-9]+([.][0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/

/** A quantity of CPU or memory: `500m`, `2`, `1Gi`. YAML may leave out the quotes of a whole number, not of a fraction. */
export function quantity(): z.ZodUnion<readonly [z.ZodInt, z.ZodString]> {
  const schema = z.union([z.int(), z.string().max(24)]).meta({ 'x-kubernetes-int-or-string': true, maxLength: 24 })
  return ruled(schema, {
    rule: `type(self) == int ? self > 0 : self.matches('${QUANTITY.source}') && quantity(self).isGreaterThan(quantity('0'))`,
    message: 'must be a positive quantity such as 500m (CPU) or 512Mi (memory)',
    messageExpression:
      "'must be a positive quantity such as 500m (CPU) or 512Mi (memory) (it is \"' + string(self) + '\")'",
    holds: (self) => QUANTITY.test(String(self)) && quantityValue(self) > 0,
  })
}

/** Keyword of a reference to a Secret with what that holds. The descriptions of the reference are made from it. */
export const HOLDS = 'x-holds'

/** `{ secretKeyRef: { name, key } }` with a default Secret and key. */
export function conventionalSecret(defaults: { readonly name: string; readonly key: string }) {
  const { name, key } = secretRef(defaults.key).shape
  return object({ secretKeyRef: object({ name: name.default(defaults.name), key }).prefault({}) })
}

/** `{ secretKeyRef: { name, key } }` with a required name. */
export function namedSecret(defaultKey: string) {
  return object({ secretKeyRef: secretRef(defaultKey) })
}

/** `{ name, key }` of a Secret, with a required name. */
export function secretRef(defaultKey: string) {
  return object({
    name: formatted(formats.objectName),
    key: formatted(formats.dataKey).default(defaultKey),
  })
}

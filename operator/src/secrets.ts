import type { Model, SecretUse } from '@chat-app/chat'
import { createHash } from 'node:crypto'
import { at, fieldsOf } from './kube/json.ts'
import type { KubeObject } from './kube/types.ts'

/** What is kept of one value of a Secret: never the value. */
export interface ValueDigest {
  readonly sha256: string
  /** In characters. */
  readonly length: number
  /** The part before `://`, in lower case, where the value has one. */
  readonly scheme?: string
}

/** A Secret as it is cached. Its values were dropped when it arrived, so no log, dump or message can have them. */
export interface SecretDigest extends KubeObject {
  readonly values: Readonly<Record<string, ValueDigest>>
}

/** Schemes that the services understand, by what a Secret is for. */
const SCHEMES: Readonly<Partial<Record<SecretUse['purpose'], readonly string[]>>> = {
  database: ['mysql', 'mariadb'],
  redis: ['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel', 'redis-cluster', 'rediss-cluster'],
  broadcast: ['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel', 'redis-cluster', 'rediss-cluster'],
}

/** Replaces the content of a Secret by digests of it. */
export function digestSecret({ apiVersion, kind, metadata, ...secret }: KubeObject): SecretDigest {
  const { name, namespace, uid, resourceVersion } = metadata
  const values = Object.entries(fieldsOf(secret['data'])).map(([key, value]) => [key, digest(String(value))])
  return {
    apiVersion,
    kind,
    metadata: defined({ name, namespace, uid, resourceVersion }),
    values: Object.fromEntries(values),
  }
}

/** A hash of one value of a Secret, where there is one. */
export function valueHash(secret: KubeObject | undefined, key: string): string | undefined {
  return secret && valuesOf(secret)[key]?.sha256.slice(0, 16)
}

/** What is wrong with a Secret that a ChatApp uses; `missing` when it may yet come by itself. */
export interface SecretFault {
  readonly reason: 'MissingSecret' | 'InvalidSecret'
  readonly message: string
}

/** The faults of the Secrets that a model uses, each with the Secret, the key and the field that names it. */
export function secretFaults(model: Model, secretOf: (name: string) => KubeObject | undefined): SecretFault[] {
  return model.secrets.flatMap((use) => faultOf(use, secretOf(use.name)) ?? [])
}

function faultOf(use: SecretUse, secret: KubeObject | undefined): SecretFault | undefined {
  const { name, key, field, minLength } = use
  if (secret === undefined) return missing(`Secret "${name}" does not exist (${field}); it needs the key "${key}"`)
  const value = valuesOf(secret)[key]
  if (value === undefined) return missing(`Secret "${name}" has no key "${key}" (${field})`)
  if (value.length < minLength) {
    return invalid(
      `Secret "${name}": "${key}" has ${value.length} characters, at least ${minLength} are needed (${field})`,
    )
  }
  const schemes = SCHEMES[use.purpose]
  if (schemes === undefined || (value.scheme !== undefined && schemes.includes(value.scheme))) return undefined
  const expected = schemes.map((scheme) => `${scheme}://`).join(', ')
  // Only a scheme that is one may be quoted: anything else could be a part of the credential.
  return invalid(`Secret "${name}": "${key}" is not a URL that begins with ${expected} (${field})`)
}

function missing(message: string): SecretFault {
  return { reason: 'MissingSecret', message }
}

function invalid(message: string): SecretFault {
  return { reason: 'InvalidSecret', message }
}

function valuesOf(secret: KubeObject): SecretDigest['values'] {
  return at<SecretDigest['values']>(secret, 'values') ?? {}
}

function digest(base64: string): ValueDigest {
  const bytes = Buffer.from(base64, 'base64')
  const text = bytes.toString('utf8')
  const scheme = /^([a-z][a-z0-9+.-]{0,31}):\/\//i.exec(text)?.[1]?.toLowerCase()
  return { sha256: sha256(bytes), length: text.trim().length, ...(scheme === undefined ? {} : { scheme }) }
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function defined(metadata: { name: string } & Record<string, string | undefined>): KubeObject['metadata'] {
  const entries = Object.entries(metadata).filter(([, value]) => value !== undefined)
  return { name: metadata.name, ...Object.fromEntries(entries) }
}

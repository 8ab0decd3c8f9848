import type { Model, SecretUse } from '@chat-app/chat'
import { valueDigest } from '../cache/secret-digest.ts'
import type { KubeObject } from '../runtime/types.ts'

/** URL schemes that the services accept, by the purpose of a Secret. */
const REDIS_SCHEMES = ['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel', 'redis-cluster', 'rediss-cluster']
const SCHEMES: Readonly<Partial<Record<SecretUse['purpose'], readonly string[]>>> = {
  database: ['mysql', 'mariadb'],
  redis: REDIS_SCHEMES,
  broadcast: REDIS_SCHEMES,
}

/** What is wrong with a Secret that a ChatApp uses: it or its key is missing, or the value cannot be used. */
export interface SecretFault {
  readonly reason: 'MissingSecret' | 'InvalidSecret'
  readonly message: string
}

/** The faults of the Secrets that a model uses. Each message names the Secret, its key and the field of the ChatApp. */
export function secretFaults(model: Model, secretOf: (name: string) => KubeObject | undefined): SecretFault[] {
  return model.secrets.flatMap((use) => faultOf(use, secretOf(use.name)) ?? [])
}

function faultOf(use: SecretUse, secret: KubeObject | undefined): SecretFault | undefined {
  const { name, key, field, minLength } = use
  if (secret === undefined) return missing(`Secret "${name}" does not exist (${field}); it needs the key "${key}"`)
  const value = valueDigest(secret, key)
  if (value === undefined) return missing(`Secret "${name}" has no key "${key}" (${field})`)
  if (value.length < minLength) {
    return invalid(
      `Secret "${name}": "${key}" has ${value.length} characters, at least ${minLength} are needed (${field})`,
    )
  }
  const schemes = SCHEMES[use.purpose]
  if (schemes === undefined || (value.scheme !== undefined && schemes.includes(value.scheme))) return undefined
  const expected = schemes.map((scheme) => `${scheme}://`).join(', ')
  // The value is not quoted, since any part of it may be a part of the credential.
  return invalid(`Secret "${name}": "${key}" is not a URL that begins with ${expected} (${field})`)
}

function missing(message: string): SecretFault {
  return { reason: 'MissingSecret', message }
}

function invalid(message: string): SecretFault {
  return { reason: 'InvalidSecret', message }
}

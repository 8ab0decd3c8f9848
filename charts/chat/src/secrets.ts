import type { ChatAppSpecDefaulted } from '@chat-app/crds'
import { MIN_JWT_KEY_LENGTH } from './limits.ts'

/** One key of a Secret that the pods read as a file. */
export interface SecretUse {
  readonly purpose: 'database' | 'redis' | 'broadcast' | 'jwt' | 'jwt-previous' | 'database-ca' | 'redis-ca'
  /** The field of the ChatApp that names it. */
  readonly field: string
  /** Name and key of the Secret in the ChatApp's namespace. */
  readonly name: string
  readonly key: string
  /** Environment variable that holds the path of the mounted file. */
  readonly variable: string
  /** Whether the services read a new value while they run; otherwise a change rolls the pods. */
  readonly reloadable: boolean
  /** Shortest valid value, characters. */
  readonly minLength: number
}

/** The Secrets that the services of a ChatApp read, in a fixed order. */
export function secretsOf(spec: ChatAppSpecDefaulted): SecretUse[] {
  const { database, redis, auth } = spec
  const uses = [
    url('database', 'spec.database.url', database.url, 'DATABASE_URL_FILE'),
    url('redis', 'spec.redis.url', redis.url, 'REDIS_URL_FILE'),
    redis.broadcast && url('broadcast', 'spec.redis.broadcast.url', redis.broadcast.url, 'BROADCAST_REDIS_URL_FILE'),
    jwt('jwt', 'spec.auth.jwt.current', auth.jwt.current, 'JWT_SECRET_FILE'),
    auth.jwt.previous && jwt('jwt-previous', 'spec.auth.jwt.previous', auth.jwt.previous, 'JWT_PREVIOUS_SECRET_FILE'),
    database.tls && authority('database-ca', 'spec.database.tls', database.tls.caSecretRef, 'DATABASE_CA_FILE'),
    redis.tls && authority('redis-ca', 'spec.redis.tls', redis.tls.caSecretRef, 'REDIS_CA_FILE'),
  ]
  return uses.filter((use) => use !== undefined)
}

/** The Secret keys whose change rolls the pods, as `name/key`, each once. */
export function rollingSecrets(uses: readonly SecretUse[]): string[] {
  return [...new Set(uses.filter(({ reloadable }) => !reloadable).map(({ name, key }) => `${name}/${key}`))].sort()
}

interface KeyOf {
  readonly name: string
  readonly key: string
}

type Source = { readonly secretKeyRef: KeyOf }

function url(purpose: SecretUse['purpose'], field: string, { secretKeyRef }: Source, variable: string): SecretUse {
  return { purpose, field: `${field}.secretKeyRef`, ...pick(secretKeyRef), variable, reloadable: true, minLength: 1 }
}

function jwt(purpose: SecretUse['purpose'], field: string, source: Source, variable: string): SecretUse {
  return { ...url(purpose, field, source, variable), minLength: MIN_JWT_KEY_LENGTH }
}

// A process reads a certificate authority once, when it opens its connection pool.
function authority(purpose: SecretUse['purpose'], field: string, ref: KeyOf, variable: string): SecretUse {
  return { purpose, field: `${field}.caSecretRef`, ...pick(ref), variable, reloadable: false, minLength: 1 }
}

function pick({ name, key }: KeyOf): KeyOf {
  return { name, key }
}

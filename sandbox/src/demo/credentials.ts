import { randomBytes } from 'node:crypto'

interface Secret {
  readonly [field: string]: unknown
  readonly apiVersion: 'v1'
  readonly kind: 'Secret'
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly stringData: Record<string, string>
}

const redisNodes = 6

/**
 * The Secrets that the local environment and its ChatApp expect, with random values: what a platform team would bring from its
 * vault. The same password stands in the namespace of the server (as a password) and in that of the ChatApp (in a URL).
 */
export function credentials(): Secret[] {
  const database = password()
  const redis = password()
  const hosts = Array.from({ length: redisNodes }, (_, i) => `redis-${i}.redis.chat-app-db:6379`).join(',')
  const secret = (namespace: string, name: string, stringData: Record<string, string>): Secret => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    stringData,
  })
  return [
    secret('chat-app-db', 'mariadb-credentials', { 'root-password': password(), password: database }),
    secret('chat-app-db', 'redis-credentials', { password: redis }),
    secret('chat-app', 'db-credentials', { url: `mysql://chat:${database}@mariadb.chat-app-db:3306/chat` }),
    secret('chat-app', 'redis-credentials', { url: `redis-cluster://:${redis}@${hosts}` }),
    secret('chat-app', 'jwt-secret', { secret: randomBytes(32).toString('base64url') }),
  ]
}

/** 144 bits in an alphabet that needs no escaping in a URL or a shell. */
function password(): string {
  return randomBytes(18).toString('base64url')
}

import type { Cluster } from '../cluster.ts'
import type { RedisClusterValues, RedisSentinelValues } from './values.ts'

const PORT = 6379
const SENTINEL_PORT = 26_379

/** The name by which Sentinels know the master. */
export const MASTER = 'mymaster'

/** Pods of the plain Redis Cluster of a small environment. */
export const POD_NAMES = [0, 1, 2, 3, 4, 5].map((index) => `redis-${index}.redis`)

/**
 * The address of Redis for clients in the cluster, without the password.
 *
 * @returns what stands before and after the password in the URL, such as `redis://:` and `@redis.chat-app-db.svc:6379`
 */
export function redisAddress({ environment: { dataNamespace, redis } }: Cluster): { before: string; after: string } {
  const at = (hosts: string[], port: number) => hosts.map((host) => `${host}.${dataNamespace}.svc:${port}`).join(',')
  switch (redis.kind) {
    case 'pods':
      return { before: 'redis-cluster://:', after: `@${at(POD_NAMES, PORT)}` }
    case 'standalone':
      return { before: redis.tls ? 'rediss://:' : 'redis://:', after: `@${at([redis.name], PORT)}` }
    case 'cluster':
      return { before: redis.tls ? 'rediss-cluster://:' : 'redis-cluster://:', after: `@${at(nodes(redis), PORT)}` }
    case 'sentinel':
      return { before: 'redis+sentinel://:', after: `@${MASTER}/${at(sentinelNodes(redis), SENTINEL_PORT)}` }
    default:
      return redis satisfies never
  }
}

/** Services in front of the pods of an operated Redis, and those that give each pod a name. */
export function serviceNames({ kind, name }: { readonly kind: string; readonly name: string }): string[] {
  const bases = kind === 'cluster' ? [`${name}-leader`, `${name}-follower`] : [name]
  return bases.flatMap((base) => [base, `${base}-headless`])
}

function nodes({ name, size }: RedisClusterValues): string[] {
  return ['leader', 'follower'].flatMap((role) => podsOf(`${name}-${role}`, size))
}

function sentinelNodes({ name, sentinels }: RedisSentinelValues): string[] {
  return podsOf(`${name}-sentinel`, sentinels.size)
}

function podsOf(statefulSet: string, size: number): string[] {
  return Array.from({ length: size }, (_, index) => `${statefulSet}-${index}.${statefulSet}-headless`)
}

import type { RedisClusterValues, RedisSentinelValues, RedisValues } from '../../environment/redis.ts'
import { REDIS_PORT, SENTINEL_PORT } from '../../objects/ports.ts'

/** The name of the master group. */
export const MASTER = 'mymaster'

/** The pods of a Redis of kind `pods`. */
const POD_NAMES = [0, 1, 2, 3, 4, 5].map((index) => `redis-${index}.redis`)

/** The parts of a URL of Redis around the password: `SCHEME://:PASSWORD@HOSTS`. */
export interface RedisAddress {
  readonly scheme: string
  readonly hosts: string
}

/** The address of Redis. */
export function redisAddress(redis: RedisValues, namespace: string): RedisAddress {
  const at = (hosts: string[], port: number) => hosts.map((host) => `${host}.${namespace}.svc:${port}`).join(',')
  switch (redis.kind) {
    case 'pods':
      return { scheme: 'redis-cluster', hosts: at(POD_NAMES, REDIS_PORT) }
    case 'standalone':
      return { scheme: redis.tls ? 'rediss' : 'redis', hosts: at([redis.name], REDIS_PORT) }
    case 'cluster':
      return { scheme: redis.tls ? 'rediss-cluster' : 'redis-cluster', hosts: at(nodes(redis), REDIS_PORT) }
    case 'sentinel':
      return { scheme: 'redis+sentinel', hosts: `${MASTER}/${at(sentinelNodes(redis), SENTINEL_PORT)}` }
    case 'external':
      return {
        scheme: `${redis.tls ? 'rediss' : 'redis'}${redis.mode === 'cluster' ? '-cluster' : ''}`,
        hosts: redis.endpoints.join(','),
      }
    default:
      return redis satisfies never
  }
}

/** The Services of a Redis, each with the headless one that gives its pods DNS names. */
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

import type { Environment } from '../values.ts'

const NODES = [0, 1, 2, 3, 4, 5]

/** The two ends of a Redis URL, between which the password stands. */
export function redisUrl(redis: Environment['redis'], namespace: string): { scheme: string; hosts: string } {
  if (redis.kind === 'pods') {
    const hosts = NODES.map((i) => `redis-${i}.redis.${namespace}:6379`)
    return { scheme: 'redis-cluster', hosts: hosts.join(',') }
  }
  const host = (service: string, port = 6379) => `${redis.name}${service}.${namespace}.svc:${port}`
  if (redis.kind === 'standalone') return { scheme: 'redis', hosts: host('') }
  if (redis.kind === 'sentinel')
    return { scheme: 'redis+sentinel', hosts: `mymaster/${host('-sentinel-sentinel', 26_379)}` }
  return { scheme: 'redis-cluster', hosts: `${host('-leader')},${host('-follower')}` }
}

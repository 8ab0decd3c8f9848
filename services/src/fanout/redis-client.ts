import { Cluster, Redis } from 'ioredis'
import { parseRedisUrl } from './redis-url.ts'

export type RedisClient = Redis | Cluster

export interface RedisClientOptions {
  readonly url: string
  /** Certificate authority in PEM, for the TLS forms. */
  readonly ca?: string | undefined
  readonly name: string
}

const connectTimeoutMs = 2000
/** A hung server is given up after this; what was published then is healed from the database. */
const commandTimeoutMs = 2000
const slotsRefreshIntervalMs = 2000

const retryDelayMs = (times: number) => Math.min(50 * 2 ** Math.min(times, 5), 1000) * (0.75 + Math.random() / 2)

/** Opens a client for any of the documented URL forms. It reconnects for ever, and queues nothing while it cannot send. */
export function openRedis({ url, ca, name }: RedisClientOptions): RedisClient {
  const address = parseRedisUrl(url)
  const tls = address.tls ? { tls: ca === undefined ? {} : { ca } } : {}
  const common = {
    ...tls,
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    connectionName: name,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    keepAlive: 10_000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
  }
  if (address.kind === 'cluster') {
    return new Cluster([...address.nodes], {
      redisOptions: common,
      enableOfflineQueue: false,
      shardedSubscribers: true,
      slotsRefreshTimeout: connectTimeoutMs,
      slotsRefreshInterval: slotsRefreshIntervalMs,
      clusterRetryStrategy: retryDelayMs,
      // A certificate holds the names of nodes, not the addresses that they have today.
      ...(address.tls && { dnsLookup: (name, resolved) => resolved(null, name) }),
    })
  }
  const single = { ...common, retryStrategy: retryDelayMs, db: address.database }
  if (address.kind === 'sentinel') {
    return new Redis({
      ...single,
      sentinels: [...address.nodes],
      name: address.master ?? '',
      failoverDetector: true,
      ...(address.tls && { enableTLSForSentinelMode: true, sentinelTLS: tls.tls ?? {} }),
    })
  }
  return new Redis({ ...single, ...address.nodes[0] })
}

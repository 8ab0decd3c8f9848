import { Cluster, Redis } from 'ioredis'
import { REDIS_TIMEOUT_MS } from '../support/limits.ts'
import { followSlots } from './cluster-slots.ts'
import { parseRedisUrl } from './redis-url.ts'

export type RedisClient = Redis | Cluster

export interface RedisClientOptions {
  readonly url: string
  /** Certificate authority in PEM, for the TLS forms of the URL. */
  readonly ca?: string | undefined
  /** The connection's name in CLIENT LIST. */
  readonly name: string
}

const KEEP_ALIVE_MS = 10_000
const FIRST_RETRY_MS = 50
const MAX_RETRY_MS = 1000

/**
 * Opens a client for any of the documented URL forms. It reconnects without end, and rejects commands while it is not
 * connected.
 * @throws Error if the URL has none of these forms
 */
export function openRedis({ url, ca, name }: RedisClientOptions): RedisClient {
  const address = parseRedisUrl(url)
  const tls = address.tls ? { tls: ca === undefined ? {} : { ca } } : {}
  const common = {
    ...tls,
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    connectionName: name,
    connectTimeout: REDIS_TIMEOUT_MS,
    commandTimeout: REDIS_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
  }
  if (address.kind === 'cluster') {
    const cluster = new Cluster([...address.nodes], {
      redisOptions: common,
      enableOfflineQueue: false,
      shardedSubscribers: true,
      slotsRefreshTimeout: REDIS_TIMEOUT_MS,
      clusterRetryStrategy: retryDelayMs,
      // Certificates have the names of the nodes and not their addresses, which change.
      ...(address.tls && { dnsLookup: (name, resolved) => resolved(null, name) }),
    })
    followSlots(cluster)
    return cluster
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

/** Doubles with each attempt; half of it is random, so that the pods do not reconnect at the same time. */
function retryDelayMs(attempt: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** attempt, MAX_RETRY_MS) * (0.75 + Math.random() / 2)
}

import { z } from 'zod'
import { quantityValue } from '@chat-app/crds'
import { externalRedisValues, type ExternalRedisValues } from './redis-external.ts'
import { count, image, objectName, resources, volumeSize } from './fields.ts'

/** A Redis Cluster of 3 masters and 3 replicas as plain pods, for small clusters and tests. */
const redisPodsValues = z
  .strictObject({
    kind: z.literal('pods'),
    image,
    /** Size of each volume. @default no volumes: the data is lost with the pods */
    storage: volumeSize.exactOptional(),
    /** @default the cluster's default class */
    storageClassName: objectName().exactOptional(),
    resources,
  })
  .readonly()

const operated = {
  /** The name of the custom resource. The operator derives the names of Services and pods from it. */
  name: objectName(40),
  image,
  /** Image of the sidecar that exports metrics. @default no metrics */
  exporterImage: image.exactOptional(),
  /** Of each Redis. Data may fill 60 % of the memory limit; rewrites and clients need the rest. */
  resources,
  /** Size of each volume. */
  storage: volumeSize,
  /** @default the cluster's default class */
  storageClassName: objectName().exactOptional(),
  /** Secret with the password under the key `password`. */
  passwordSecret: objectName(),
}

/** Whether connections use TLS, and only TLS, with a certificate of the platform's authority. */
const tls = z.boolean()

const milliseconds = z.int().min(500, 'must be at least 500 ms').max(60_000, 'must be at most 60000 ms')

/** A single Redis, for development. */
const redisStandaloneValues = z
  .strictObject({ kind: z.literal('standalone'), ...operated, tls })
  .readonly()
  .superRefine(roomForRewrite)

/** A Redis Cluster: each master holds a part of the keys and has one replica. */
const redisClusterValues = z
  .strictObject({
    kind: z.literal('cluster'),
    ...operated,
    tls,
    /** Number of masters, and of replicas. */
    size: z
      .int()
      .min(3, 'must be at least 3: with fewer masters, the failure of one leaves no majority')
      .max(99, 'must be at most 99'),
    /**
     * Milliseconds after which a node that does not answer has failed. Writes to its keys stop for about twice as long.
     */
    nodeTimeoutMs: milliseconds,
  })
  .readonly()
  .superRefine(roomForRewrite)

const sentinels = z
  .strictObject({
    image,
    size: count(3, 9).refine((size) => size % 2 === 1, 'must be odd: half of an even number is not a majority'),
    /** How many Sentinels must agree that the master has failed. */
    quorum: count(2, 9),
    downAfterMs: milliseconds,
    failoverTimeoutMs: milliseconds,
    resources,
  })
  .readonly()
  .refine(({ size, quorum }) => quorum > size / 2 && quorum <= size, {
    path: ['quorum'],
    message: 'must be more than half of the Sentinels, and at most all of them',
  })
  .refine(({ downAfterMs, failoverTimeoutMs }) => failoverTimeoutMs > downAfterMs, {
    path: ['failoverTimeoutMs'],
    message: 'must be longer than downAfterMs: a failover starts only after that time',
  })

/** A master and replicas, and Sentinels that promote a replica when the master fails. */
const redisSentinelValues = z
  .strictObject({
    kind: z.literal('sentinel'),
    ...operated,
    /** Number of pods: one is the master. */
    size: z.int().min(2, 'must be at least 2: a master and a replica').max(99, 'must be at most 99'),
    sentinels,
    tls: z
      .literal(false, 'must be false: the Sentinels return the IP addresses of pods, which no certificate covers')
      .exactOptional(),
  })
  .readonly()
  .superRefine(roomForRewrite)

export const redisValues = z.discriminatedUnion('kind', [
  redisPodsValues,
  redisStandaloneValues,
  redisSentinelValues,
  redisClusterValues,
  externalRedisValues,
])
export type RedisValues = z.output<typeof redisValues>
export type RedisPodsValues = z.output<typeof redisPodsValues>
export type RedisStandaloneValues = z.output<typeof redisStandaloneValues>
export type RedisSentinelValues = z.output<typeof redisSentinelValues>
export type RedisClusterValues = z.output<typeof redisClusterValues>
export type RedisOperatorValues = Exclude<RedisValues, RedisPodsValues | ExternalRedisValues>

/** Whether an operator runs it. */
export function isOperated(redis: RedisValues): redis is RedisOperatorValues {
  return redis.kind !== 'pods' && redis.kind !== 'external'
}

/** The Secret with the password of Redis as plain pods. */
export const PODS_SECRET = 'redis-credentials'

/** The Secret with the password of a Redis of the platform, under the key `password`. */
export function passwordSecret(redis: Exclude<RedisValues, ExternalRedisValues>): string {
  return redis.kind === 'pods' ? PODS_SECRET : redis.passwordSecret
}

/** Whether clients of this Redis connect with TLS. */
export function speaksTls(redis: RedisValues): boolean {
  return 'tls' in redis && redis.tls
}

interface Sizes {
  readonly storage: string
  readonly resources: { readonly limits: { readonly memory: string } }
}

/** Until a rewrite of the append-only file is complete, the volume holds the old file and the snapshot too. */
function roomForRewrite({ storage, resources }: Sizes, context: z.RefinementCtx): void {
  if (quantityValue(storage) >= 2 * quantityValue(resources.limits.memory)) return
  context.addIssue({
    code: 'custom',
    path: ['storage'],
    message: 'must be at least twice the memory limit: a rewritten append-only file needs room beside the old one',
  })
}

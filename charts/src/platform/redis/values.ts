import { z } from 'zod'
import { count, image, objectName, quantity, resources } from '../fields.ts'

/** A Redis Cluster of 3 masters and 3 replicas as plain pods: for a laptop and for tests. */
const redisPodsValues = z
  .strictObject({
    kind: z.literal('pods'),
    image,
    /** Size of each volume. @default none: the data goes with the pods */
    storage: quantity.exactOptional(),
    resources,
  })
  .readonly()

/** Redis, run by its operator: one pod, a master with replicas and Sentinels, or a cluster. */
const redisOperatorValues = z
  .strictObject({
    kind: z.enum(['standalone', 'sentinel', 'cluster']),
    name: objectName(),
    image,
    /** Masters of a cluster (at least 3, each with a replica), or pods of a replication. Unused with standalone. */
    size: count(1, 99),
    sentinelImage: image.exactOptional(),
    exporterImage: image.exactOptional(),
    resources,
    storage: quantity,
    /** Secret with the password under the key `password`. */
    passwordSecret: objectName(),
  })
  .readonly()

export const redisValues = z.discriminatedUnion('kind', [redisPodsValues, redisOperatorValues])
export type RedisPodsValues = z.output<typeof redisPodsValues>
export type RedisOperatorValues = z.output<typeof redisOperatorValues>

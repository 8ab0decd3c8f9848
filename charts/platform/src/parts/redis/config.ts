import { quantityValue } from '@chat-app/crds'
import type { RedisOperatorValues } from '../../environment/redis.ts'
import { REDIS_DATA_SHARE, REDIS_CLIENTS } from '../../limits.ts'

/**
 * Lines for the operator's redis.conf, which override its own. A full Redis rejects writes: every other policy could
 * evict presence, and users would wrongly appear offline.
 */
export function redisConfig(values: RedisOperatorValues): string {
  const lines = [
    // The empty value clears the schedule of the operator.
    'save ""',
    'save 900 1',
    'save 300 10',
    'save 60 10000',
    'appendonly yes',
    'appendfsync everysec',
    `maxmemory ${Math.floor(quantityValue(values.resources.limits.memory) * REDIS_DATA_SHARE)}`,
    'maxmemory-policy noeviction',
    `maxclients ${REDIS_CLIENTS}`,
    // A slow subscriber is disconnected, and reads the missed messages from the database.
    'client-output-buffer-limit pubsub 8mb 2mb 10',
    'tcp-keepalive 300',
    'timeout 0',
    ...ofKind(values),
  ]
  return `${lines.join('\n')}\n`
}

function ofKind(values: RedisOperatorValues): string[] {
  if (values.kind === 'cluster') return [`cluster-node-timeout ${values.nodeTimeoutMs}`]
  // An isolated master stops taking writes. With a single replica, its failure would stop them too.
  if (values.kind === 'sentinel' && values.size > 2) return ['min-replicas-to-write 1', 'min-replicas-max-lag 10']
  return []
}

import { quantityValue } from '@chat-app/crds'
import type { RedisOperatorValues } from '../../environment/redis.ts'

/** Of the memory limit. The rest is for the copy of changed pages during a rewrite, for clients and for replicas. */
const DATA_SHARE = 0.6

/**
 * What is added to the configuration that the operator writes; where both set something, this wins. A Redis that is
 * full refuses writes and evicts nothing: every other policy could evict presence, which says wrongly that someone left.
 */
export function redisConfig(values: RedisOperatorValues): string {
  const lines = [
    // The empty one clears those of the operator, which stand before.
    'save ""',
    'save 900 1',
    'save 300 10',
    'save 60 10000',
    'appendonly yes',
    'appendfsync everysec',
    `maxmemory ${Math.floor(quantityValue(values.resources.limits.memory) * DATA_SHARE)}`,
    'maxmemory-policy noeviction',
    'maxclients 10000',
    // A subscriber that cannot follow is cut off: it catches up from the database.
    'client-output-buffer-limit pubsub 8mb 2mb 10',
    'tcp-keepalive 300',
    'timeout 0',
    ...ofKind(values),
  ]
  return `${lines.join('\n')}\n`
}

function ofKind(values: RedisOperatorValues): string[] {
  if (values.kind === 'cluster') return [`cluster-node-timeout ${values.nodeTimeoutMs}`]
  // A master that is cut off stops itself. With one replica only, its failure would stop the writes.
  if (values.kind === 'sentinel' && values.size > 2) return ['min-replicas-to-write 1', 'min-replicas-max-lag 10']
  return []
}

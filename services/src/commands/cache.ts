import type { Config } from '../config/load.ts'
import { openRedis, type RedisClient } from '../fanout/redis-client.ts'
import { messageOf } from '../support/errors.ts'
import type { Logger } from '../support/log.ts'
import { throttledWarn } from '../support/throttled.ts'
import { rotate } from './credentials.ts'

/** The Redis of REDIS_URL. `client` is replaced when the URL is rotated. */
export interface Cache {
  readonly client: RedisClient
}

export function openCache(config: Config, log: Logger): Cache {
  const warn = throttledWarn(log)
  const open = (url: string) => {
    const client = openRedis({ url, ca: config.redis.ca, name: 'chat-cache' })
    client.on('error', (error: unknown) => warn({ error: messageOf(error) }, 'redis failed: limits count in memory'))
    return client
  }
  const cache = { client: open(config.redis.url) }
  config.files.onChange((changed) => {
    if (!changed.has('REDIS_URL')) return
    rotate(log, 'REDIS_URL', () => {
      const old = cache.client
      cache.client = open(config.files.get('REDIS_URL') ?? '')
      old.disconnect()
    })
  })
  return cache
}

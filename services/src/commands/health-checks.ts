import type { Bus } from '../fanout/bus.ts'
import type { RedisClient } from '../fanout/redis-client.ts'
import type { Database } from '../store/database.ts'
import { OLDEST_SCHEMA_VERSION } from '../store/migrations.ts'
import { schemaVersion } from '../store/schema-table.ts'
import { messageOf, messageWithoutAddress } from '../support/errors.ts'

/** Fails if the database does not answer, or if its schema is too old for this release. */
export function databaseCheck(database: Database): () => Promise<void> {
  return async () => {
    const found = await schemaVersion(database).catch((error: unknown) => {
      throw new Error(`database ${database.address}: ${messageWithoutAddress(error)}`, { cause: error })
    })
    if (found >= OLDEST_SCHEMA_VERSION) return
    throw new Error(
      `database ${database.address}: schema version ${found}, at least ${OLDEST_SCHEMA_VERSION} is needed: run migrate`,
    )
  }
}

/** Fails if a Redis is not connected or does not answer. @param cache returns the current client of REDIS_URL, if it is used */
export function redisCheck(bus: Bus, cache?: () => RedisClient): () => Promise<void> {
  return async () => {
    if (bus.trouble !== undefined) throw new Error(`broadcast redis: ${bus.trouble}`)
    try {
      await Promise.all([bus.ping(), cache?.().ping()])
    } catch (error) {
      throw new Error(`redis: ${messageOf(error)}`, { cause: error })
    }
  }
}

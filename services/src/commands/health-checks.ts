import type { Bus } from '../fanout/bus.ts'
import { messageOf } from '../support/errors.ts'
import type { RedisClient } from '../fanout/redis-client.ts'
import type { Database } from '../store/database.ts'
import { version } from '../store/migrate.ts'
import { oldestSchemaVersion } from '../store/migrations.ts'

/** The database answers and its schema is not older than this release. */
export function databaseCheck(database: Database): () => Promise<void> {
  return async () => {
    let found: number
    try {
      found = await version(database)
    } catch (error) {
      throw new Error(`database ${database.address}: ${shortly(error)}`, { cause: error })
    }
    if (found < oldestSchemaVersion) {
      throw new Error(
        `database ${database.address}: schema version ${found}, at least ${oldestSchemaVersion} is needed: run migrate`,
      )
    }
  }
}

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

/** "connect ECONNREFUSED 10.0.0.1:3306" without the address, which the message has already, by name. */
function shortly(error: unknown): string {
  return messageOf(error).replace(/^(connect E[A-Z]+) .*$/, '$1')
}

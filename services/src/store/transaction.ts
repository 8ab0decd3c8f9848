import type { PoolConnection } from 'mysql2/promise'
import { statement, type Database } from './database.ts'
import { leavesUsable, verdict } from './mysql-errors.ts'

/**
 * Commits what `work` has done, or undoes it.
 *
 * @param options.attempts how often it is tried while deadlocks undo it @default 1
 * @throws what `work` or the driver throws
 */
export async function inTransaction<T>(
  database: Database,
  work: (connection: PoolConnection) => Promise<T>,
  { attempts = 1 }: { attempts?: number } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.use((connection) => once(connection, work))
    } catch (error) {
      if (attempt >= attempts || verdict(error) !== 'retry') throw error
    }
  }
}

async function once<T>(connection: PoolConnection, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  await statement(connection, 'START TRANSACTION')
  try {
    const result = await work(connection)
    await statement(connection, 'COMMIT')
    return result
  } catch (error) {
    if (leavesUsable(error)) await statement(connection, 'ROLLBACK').catch(() => connection.destroy())
    throw error
  }
}

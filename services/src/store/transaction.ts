import type { PoolConnection } from 'mysql2/promise'
import { statement, type Database } from './database.ts'
import { leavesUsable } from './mysql-errors.ts'

/** Commits what `work` has done, or undoes it. @throws what `work` or the driver throws */
export async function inTransaction<T>(
  database: Database,
  work: (connection: PoolConnection) => Promise<T>,
): Promise<T> {
  return database.use(async (connection) => {
    await statement(connection, 'START TRANSACTION')
    try {
      const result = await work(connection)
      await statement(connection, 'COMMIT')
      return result
    } catch (error) {
      if (leavesUsable(error)) await statement(connection, 'ROLLBACK').catch(() => connection.destroy())
      throw error
    }
  })
}

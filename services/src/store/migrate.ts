import type { PoolConnection } from 'mysql2/promise'
import { Umzug } from 'umzug'
import { statement, type Database, type Row } from './database.ts'
import { migrations } from './migrations.ts'

/**
 * Brings the schema up to date and returns its version. Two that run at once take turns by a row lock (GET_LOCK is refused by
 * Percona XtraDB Cluster's strict mode). Statements are idempotent, so one that was interrupted is run again.
 */
export async function migrate(database: Database, log: (message: string) => void): Promise<number> {
  return database.useReserved(async (lock) => {
    await statement(lock, 'CREATE TABLE IF NOT EXISTS schema_migrations (name VARCHAR(100) NOT NULL PRIMARY KEY)')
    await statement(lock, 'CREATE TABLE IF NOT EXISTS schema_lock (id INT NOT NULL PRIMARY KEY)')
    await statement(lock, 'INSERT IGNORE INTO schema_lock (id) VALUES (1)')
    await statement(lock, 'START TRANSACTION')
    try {
      await waitForLock(lock)
      await umzug(database, log).up()
    } finally {
      await statement(lock, 'ROLLBACK').catch(() => undefined)
    }
    return version(database)
  })
}

/** Number of steps that were applied; 0 where the database is empty. */
export async function version(database: Database): Promise<number> {
  try {
    const [row] = await database.query<Row & { steps: number }>('SELECT COUNT(*) AS steps FROM schema_migrations')
    return row?.steps ?? 0
  } catch (error) {
    if ((error as { code?: string }).code === 'ER_NO_SUCH_TABLE') return 0
    throw error
  }
}

const lockAttempts = 100

async function waitForLock(lock: PoolConnection): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await statement(lock, 'SELECT id FROM schema_lock WHERE id = 1 FOR UPDATE')
      return
    } catch (error) {
      if ((error as { errno?: number }).errno !== 1205 || attempt >= lockAttempts) throw error
    }
  }
}

function umzug(database: Database, log: (message: string) => void): Umzug {
  return new Umzug({
    migrations: migrations.map(({ name, statements }) => ({
      name,
      up: async () => {
        for (const sql of statements) await database.execute(sql)
      },
    })),
    storage: {
      logMigration: async ({ name }) => {
        await database.execute('INSERT INTO schema_migrations (name) VALUES (?)', [name])
        log(`applied ${name}`)
      },
      unlogMigration: async ({ name }) => {
        await database.execute('DELETE FROM schema_migrations WHERE name = ?', [name])
      },
      executed: async () => {
        const rows = await database.query<Row & { name: string }>('SELECT name FROM schema_migrations ORDER BY name')
        return rows.map((row) => row.name)
      },
    },
    logger: undefined,
  })
}

import type { PoolConnection } from 'mysql2/promise'
import { Umzug } from 'umzug'
import { statement, type Database, type Row } from './database.ts'
import { isLockTimeout, isMissingTable } from './mysql-errors.ts'
import { MIGRATIONS } from './migrations.ts'

/** Each attempt waits for as long as a statement waits for a lock: 5 minutes in all. */
const LOCK_ATTEMPTS = 100

/**
 * Brings the schema up to date and returns its version. A row lock makes two migrations run one after the other (the
 * strict mode of Percona XtraDB Cluster refuses GET_LOCK). Statements are idempotent, so an interrupted migration is
 * run again.
 * @throws the driver's error
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
    return schemaVersion(database)
  })
}

/** The number of applied migrations; 0 for an empty database. */
export async function schemaVersion(database: Database): Promise<number> {
  try {
    const [row] = await database.query<Row & { steps: number }>('SELECT COUNT(*) AS steps FROM schema_migrations')
    return row?.steps ?? 0
  } catch (error) {
    if (isMissingTable(error)) return 0
    throw error
  }
}

async function waitForLock(lock: PoolConnection): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await statement(lock, 'SELECT id FROM schema_lock WHERE id = 1 FOR UPDATE')
      return
    } catch (error) {
      if (!isLockTimeout(error) || attempt >= LOCK_ATTEMPTS) throw error
    }
  }
}

function umzug(database: Database, log: (message: string) => void): Umzug {
  return new Umzug({
    migrations: MIGRATIONS.map(({ name, statements }) => ({
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

import { statement, type Database, type Row } from './database.ts'
import { isMissingTable } from './mysql-errors.ts'
import type { Migration } from './migrations.ts'
import type { PoolConnection } from 'mysql2/promise'

/** A step of the schema that was applied, as the table `schema_migrations` states it. */
export interface AppliedStep {
  readonly name: string
  readonly irreversible: boolean
  /** A semantic version; undefined if the step states none. */
  readonly minimumVersion: string | undefined
  /** The run that applied it; undefined for a step of a release that did not record it. */
  readonly run: string | undefined
}

/** Columns that the first release did not have. They are nullable: an older release inserts the name alone. */
const LATER_COLUMNS = {
  irreversible: 'BOOLEAN NULL',
  minimum_version: 'VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NULL',
  run: 'VARCHAR(253) CHARACTER SET ascii COLLATE ascii_bin NULL',
} as const

type AppliedRow = Row & { name: string; irreversible?: number; minimum_version?: string; run?: string }

/** The applied steps by name, also those that this release does not know; none for an empty database. It writes nothing. */
export async function appliedSteps(database: Database): Promise<AppliedStep[]> {
  // All columns: an older release has made the table with fewer.
  const rows = await ifExists(database.query<AppliedRow>('SELECT * FROM schema_migrations ORDER BY name'), [])
  return rows.map(({ name, irreversible, minimum_version, run }) => ({
    name,
    irreversible: irreversible === 1,
    minimumVersion: minimum_version ?? undefined,
    run: run ?? undefined,
  }))
}

/** The number of applied migrations; 0 for an empty database. */
export async function schemaVersion(database: Database): Promise<number> {
  const count = database.query<Row & { steps: number }>('SELECT COUNT(*) AS steps FROM schema_migrations')
  const [row] = await ifExists(count, [])
  return row?.steps ?? 0
}

/** Creates the table and the row that migrations lock, if they do not exist. */
export async function createSchemaTables(connection: PoolConnection): Promise<void> {
  await statement(connection, 'CREATE TABLE IF NOT EXISTS schema_migrations (name VARCHAR(100) NOT NULL PRIMARY KEY)')
  await statement(connection, 'CREATE TABLE IF NOT EXISTS schema_lock (id INT NOT NULL PRIMARY KEY)')
  await statement(connection, 'INSERT IGNORE INTO schema_lock (id) VALUES (1)')
}

/** Adds the columns that are missing. MySQL has no ADD COLUMN IF NOT EXISTS, so only one migration may do it at a time. */
export async function addLaterColumns(database: Database): Promise<void> {
  const rows = await database.query<Row & { Field: string }>('SHOW COLUMNS FROM schema_migrations')
  const present = new Set(rows.map(({ Field }) => Field))
  const missing = Object.entries(LATER_COLUMNS).filter(([name]) => !present.has(name))
  if (missing.length === 0) return
  const columns = missing.map(([name, type]) => `ADD COLUMN ${name} ${type}`)
  await database.execute(`ALTER TABLE schema_migrations ${columns.join(', ')}`)
}

export async function recordStep(database: Database, step: Migration, run: string): Promise<void> {
  await database.execute(
    'INSERT INTO schema_migrations (name, irreversible, minimum_version, run) VALUES (?, ?, ?, ?)',
    [step.name, step.irreversible ?? false, step.minimumVersion ?? null, run],
  )
}

async function ifExists<T>(rows: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await rows
  } catch (error) {
    if (isMissingTable(error)) return otherwise
    throw error
  }
}

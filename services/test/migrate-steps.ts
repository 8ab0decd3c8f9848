import { Database } from '../src/store/database.ts'
import { migrate, type MigrationResult } from '../src/store/migrate.ts'
import { MIGRATIONS, type Migration } from '../src/store/migrations.ts'

/** The schema of this release, and a step as an irreversible one is written. */
export const STEPS: readonly Migration[] = [
  ...MIGRATIONS,
  {
    name: '9999-irreversible',
    irreversible: true,
    minimumVersion: '2.0.0',
    statements: ['UPDATE users SET name = LOWER(name)', 'DROP TABLE IF EXISTS revocations'],
  },
]

/** Brings a database to the schema of `STEPS`. All calls are one run, which may be interrupted. */
export async function migrateSteps(url: string): Promise<MigrationResult> {
  const database = new Database({ url, maxConnections: 6 })
  try {
    return await migrate(database, () => undefined, { steps: STEPS, run: 'chat-migrate-0a1b2c3d' })
  } finally {
    await database.close()
  }
}

// A process of its own, so that a test can kill it.
if (import.meta.main) await migrateSteps(process.argv[2] ?? '')

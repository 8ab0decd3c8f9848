import { randomUUID } from 'node:crypto'
import type { PoolConnection } from 'mysql2/promise'
import { compare, lt, valid } from 'semver'
import { LOCK_WAIT_SECONDS, STATEMENT_TIMEOUT_MS } from '../support/limits.ts'
import { messageWithoutAddress } from '../support/errors.ts'
import { statement, type Database } from './database.ts'
import { isAlreadyAdded, isLockTimeout } from './mysql-errors.ts'
import { MIGRATIONS, type Migration } from './migrations.ts'
import { addLaterColumns, appliedSteps, createSchemaTables, recordStep, type AppliedStep } from './schema-table.ts'

/** Each attempt waits for as long as a statement waits for a lock: 5 minutes in all. */
const LOCK_ATTEMPTS = 100

export interface MigrateOptions {
  /** This release. What is no semantic version is not compared with a step's `minimumVersion`. @default not compared */
  readonly version?: string | undefined
  /**
   * Names the run, in at most 253 ASCII characters. A migration that continues an interrupted one has its name, so that
   * the result counts what that one did. @default a new name
   */
  readonly run?: string
  /** The longest time of one statement of a step. @default STATEMENT_TIMEOUT_MS */
  readonly statementTimeoutMs?: number
  /** @default the schema of this release */
  readonly steps?: readonly Migration[]
}

type Settled = Required<Omit<MigrateOptions, 'version'>> & Pick<MigrateOptions, 'version'>

/** What one run changed. Schema versions are numbers of applied steps. */
export interface MigrationResult {
  readonly from: number
  readonly to: number
  /** Whether a step after `from` is irreversible. */
  readonly irreversible: boolean
  /** The highest of all applied steps; undefined if none states one. */
  readonly minimumVersion: string | undefined
}

/** The schema has steps of a newer release, which say that this release does not run on it. */
export class VersionTooOldError extends Error {
  override readonly name = 'VersionTooOldError'
  readonly minimumVersion: string

  constructor(version: string, minimumVersion: string) {
    super(
      `a newer release has changed the schema, which needs at least version ${minimumVersion}, and this is ${version}: ` +
        `set the version to ${minimumVersion} or newer, or restore a backup from before that release`,
    )
    this.minimumVersion = minimumVersion
  }
}

/** Whether a release can be compared: its version is a semantic one. */
export function isReleaseVersion(version: string): boolean {
  return valid(version) !== null
}

/** A step has failed. `cause` is the driver's error. */
export class StepError extends Error {
  override readonly name = 'StepError'

  constructor(step: string, cause: unknown) {
    super(`step ${step}: ${messageWithoutAddress(cause)}`, { cause })
  }
}

/**
 * Brings the schema up to date. A row lock makes two migrations run one after the other (the strict mode of Percona
 * XtraDB Cluster refuses GET_LOCK). Statements are idempotent, so an interrupted migration is run again. Where nothing
 * is to do it writes nothing.
 * @throws VersionTooOldError before it changes anything; StepError if a step fails; otherwise the driver's error
 */
export async function migrate(
  database: Database,
  log: (message: string) => void,
  options: MigrateOptions = {},
): Promise<MigrationResult> {
  const settled: Settled = {
    run: randomUUID(),
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    steps: MIGRATIONS,
    ...options,
  }
  const { steps, run } = settled
  const missingIn = (applied: readonly AppliedStep[]) => {
    const names = new Set(applied.map(({ name }) => name))
    return steps.filter(({ name }) => !names.has(name))
  }
  const found = await applicable(database, settled)
  if (missingIn(found).length === 0) return resultOf(found, run)
  return database.useReserved(async (lock) => {
    await createSchemaTables(lock)
    await statement(lock, 'START TRANSACTION')
    try {
      await waitForLock(lock)
      // Another migration may have ended meanwhile.
      const missing = missingIn(await applicable(database, settled))
      await addLaterColumns(database)
      for (const step of missing) {
        await apply(database, step, settled)
        log(`applied ${step.name}`)
      }
    } finally {
      await statement(lock, 'ROLLBACK').catch(() => undefined)
    }
    return resultOf(await appliedSteps(database), run)
  })
}

/** The steps in the database. @throws VersionTooOldError if one that this release does not know needs a newer release */
async function applicable(database: Database, { version, steps }: Settled): Promise<AppliedStep[]> {
  const applied = await appliedSteps(database)
  const known = new Set(steps.map(({ name }) => name))
  const minimum = highest(applied.filter(({ name }) => !known.has(name)))
  const isTooOld = version !== undefined && minimum !== undefined && isReleaseVersion(version) && lt(version, minimum)
  if (isTooOld) throw new VersionTooOldError(version, minimum)
  return applied
}

function resultOf(applied: readonly AppliedStep[], run: string): MigrationResult {
  const from = applied.findLastIndex((step) => step.run !== run) + 1
  return {
    from,
    to: applied.length,
    irreversible: applied.slice(from).some(({ irreversible }) => irreversible),
    minimumVersion: highest(applied),
  }
}

function highest(steps: readonly AppliedStep[]): string | undefined {
  return steps
    .flatMap(({ minimumVersion }) => minimumVersion ?? [])
    .filter(isReleaseVersion)
    .toSorted(compare)
    .at(-1)
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

async function apply(database: Database, step: Migration, { run, statementTimeoutMs }: Settled): Promise<void> {
  try {
    await database.use(async (connection) => {
      // While a statement waits for the table's lock, all users of the table wait behind it.
      await statement(connection, `SET SESSION lock_wait_timeout = ${LOCK_WAIT_SECONDS}`)
      for (const sql of step.statements) {
        await statement(connection, sql, [], statementTimeoutMs).catch((error: unknown) => {
          // An interrupted run has added it. MySQL has no ADD COLUMN or ADD INDEX "IF NOT EXISTS".
          if (!isAlreadyAdded(error)) throw error
        })
      }
    })
    await recordStep(database, step, run)
  } catch (error) {
    throw new StepError(step.name, error)
  }
}

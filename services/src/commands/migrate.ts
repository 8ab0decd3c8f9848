import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/load.ts'
import { Database } from '../store/database.ts'
import { noteRelease } from '../store/enable.ts'
import { isReleaseVersion, migrate, StepError, VersionTooOldError, type MigrateOptions } from '../store/migrate.ts'
import { isUnreachable } from '../store/mysql-errors.ts'
import { messageWithoutAddress } from '../support/errors.ts'
import { Health, UnknownYetError } from '../support/health.ts'
import { healthServer } from '../support/health-server.ts'
import type { Logger } from '../support/log.ts'
import { followDatabaseUrl } from './credentials.ts'
import { checkNames } from './name-keys.ts'
import { writeTerminationMessage, type MigrationDone, type MigrationFailure } from './termination-message.ts'

const RETRY_MS = 1000
/** How long after the deadline the process ends although a statement hangs. */
const OVERDUE_MS = 5000
const MAX_CONNECTIONS = 4

const EXIT_OK = 0
const EXIT_FAILED = 1

/** The health endpoints report `failure` while the migration runs. */
interface State {
  failure: Error
}

/**
 * Brings the schema up to date and returns the exit code. While the database cannot be reached it retries, and the
 * health endpoints give the reason. The result is written to the container's termination message.
 * @param refused the exit code when this release is too old for the schema: to try again does not help
 */
export async function runMigrate(config: Config, log: Logger, refused: number): Promise<number> {
  const state: State = { failure: new UnknownYetError('is connecting') }
  const health = new Health({ db: () => Promise.reject(state.failure) })
  const server = await healthServer({ health, ...config.server, hasDetails: true })
  const database = new Database({ ...config.database, maxConnections: MAX_CONNECTIONS })
  const rotation = followDatabaseUrl(config, database, log)
  const overdue = setTimeout(() => {
    const error = `database ${database.address}: the migration did not end in ${config.migrationTimeoutMs / 1000} s`
    writeTerminationMessage(config.terminationLog, { error, reason: 'MigrationFailed' })
    process.exit(EXIT_FAILED)
  }, config.migrationTimeoutMs + OVERDUE_MS)
  try {
    const result = await migrateInTime(config, database, log, state)
    writeTerminationMessage(config.terminationLog, result)
    if (!('error' in result)) return EXIT_OK
    log.error(result, 'the migration failed')
    return result.reason === 'VersionTooOld' ? refused : EXIT_FAILED
  } finally {
    clearTimeout(overdue)
    server.close()
    server.closeAllConnections()
    config.files.stop()
    rotation.stop()
    await database.close().catch(() => undefined)
  }
}

/** Retries until it succeeds, cannot succeed, or the time is over. The last failure is kept in `state`. */
async function migrateInTime(
  config: Config,
  database: Database,
  log: Logger,
  state: State,
): Promise<MigrationDone | MigrationFailure> {
  const deadline = performance.now() + config.migrationTimeoutMs
  const options = optionsOf(config, log)
  for (;;) {
    try {
      const result = await migrate(database, (message) => log.info(message), options)
      log.info(result, 'the schema is up to date')
      await checkNames(database, log)
      if (options.version !== undefined && isReleaseVersion(options.version))
        await noteRelease(database, options.version)
      return { schemaVersion: result.to, ...result }
    } catch (error) {
      const failure = failureOf(database, error)
      if (failure.reason === 'VersionTooOld' || performance.now() + RETRY_MS >= deadline) return failure
      state.failure = new Error(failure.error)
      log.warn(failure, 'the migration failed and is retried')
      await sleep(RETRY_MS)
    }
  }
}

function optionsOf({ releaseVersion, migrationRun, migrationTimeoutMs }: Config, log: Logger): MigrateOptions {
  if (releaseVersion === undefined || !isReleaseVersion(releaseVersion)) {
    const found = releaseVersion === undefined ? 'is not set' : `is "${releaseVersion}"`
    log.warn(
      `RELEASE_VERSION ${found}, which is no semantic version such as 1.4.2: the minimumVersion of the schema is not checked`,
    )
  }
  return {
    version: releaseVersion,
    // All attempts of this process are one run.
    run: migrationRun ?? randomUUID(),
    statementTimeoutMs: migrationTimeoutMs,
  }
}

function failureOf(database: Database, error: unknown): MigrationFailure {
  const message = `database ${database.address}: ${messageWithoutAddress(error)}`
  if (error instanceof VersionTooOldError) {
    return { error: message, reason: 'VersionTooOld', minimumVersion: error.minimumVersion }
  }
  const cause = error instanceof StepError ? error.cause : error
  return { error: message, reason: isUnreachable(cause) ? 'DatabaseUnreachable' : 'MigrationFailed' }
}

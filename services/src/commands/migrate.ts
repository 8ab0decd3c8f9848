import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/load.ts'
import { Database } from '../store/database.ts'
import { migrate } from '../store/migrate.ts'
import { messageWithoutAddress } from '../support/errors.ts'
import { Health, UnknownYetError } from '../support/health.ts'
import { healthServer } from '../support/health-server.ts'
import type { Logger } from '../support/log.ts'
import { followDatabaseUrl } from './credentials.ts'

const RETRY_MS = 1000
/** How long after the deadline the process ends although a statement hangs. */
const OVERDUE_MS = 5000
const MAX_CONNECTIONS = 4
/** The kubelet cuts a termination message at 4096 bytes. */
const MAX_TERMINATION_CHARACTERS = 4096

const EXIT_OK = 0
const EXIT_FAILED = 1

/** The termination message. */
type Result = { readonly schemaVersion: number } | { readonly error: string }

/**
 * Brings the schema up to date and returns the exit code. While the database cannot be reached it retries, and the
 * health endpoints give the reason. The result is written to the container's termination message.
 */
export async function runMigrate(config: Config, log: Logger): Promise<number> {
  const state: { failure: Error } = { failure: new UnknownYetError('is connecting') }
  const health = new Health({ db: () => Promise.reject(state.failure) })
  const server = await healthServer(health, config.server.host, config.server.port)
  const database = new Database({ ...config.database, maxConnections: MAX_CONNECTIONS })
  const rotation = followDatabaseUrl(config, database, log)
  const overdue = setTimeout(() => {
    report(config, { error: state.failure.message })
    process.exit(EXIT_FAILED)
  }, config.migrationTimeoutMs + OVERDUE_MS)
  try {
    const result = await migrateInTime(config, database, log, state)
    report(config, result)
    return 'error' in result ? EXIT_FAILED : EXIT_OK
  } finally {
    clearTimeout(overdue)
    server.close()
    server.closeAllConnections()
    config.files.stop()
    rotation.stop()
    await database.close().catch(() => undefined)
  }
}

/** Retries until it succeeds or the time is over. The last failure is kept in `state`. */
async function migrateInTime(
  config: Config,
  database: Database,
  log: Logger,
  state: { failure: Error },
): Promise<Result> {
  const deadline = Date.now() + config.migrationTimeoutMs
  for (;;) {
    try {
      const schemaVersion = await migrate(database, (message) => log.info(message))
      log.info({ schemaVersion }, 'the schema is up to date')
      return { schemaVersion }
    } catch (error) {
      state.failure = new Error(`database ${database.address}: ${messageWithoutAddress(error)}`)
      const { message } = state.failure
      if (Date.now() + RETRY_MS >= deadline) {
        log.error({ error: message }, 'the migration failed')
        return { error: message }
      }
      log.warn({ error: message }, 'the migration failed and is retried')
      await sleep(RETRY_MS)
    }
  }
}

/** The kubelet creates the file; if it does not exist, nobody reads it. */
function report(config: Config, result: Result): void {
  const text = JSON.stringify(result).slice(0, MAX_TERMINATION_CHARACTERS)
  try {
    if (existsSync(config.terminationLog)) writeFileSync(config.terminationLog, text)
  } catch {
    // The log has the result too, and the exit code must not change.
  }
}

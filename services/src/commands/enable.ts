import type { Config } from '../config/load.ts'
import { Database } from '../store/database.ts'
import { enable, enabledAt, FormerReleaseError, unfinished, type Progress } from '../store/enable.ts'
import { OLDEST_SCHEMA_VERSION } from '../store/migrations.ts'
import { schemaVersion } from '../store/schema-table.ts'
import { messageWithoutAddress } from '../support/errors.ts'
import type { Logger } from '../support/log.ts'

const MAX_CONNECTIONS = 2
const PROGRESS_INTERVAL_MS = 2000

const EXIT_OK = 0
const EXIT_FAILED = 1
/** EX_TEMPFAIL of sysexits.h: the rollout has not ended. */
const EXIT_LATER = 75

/**
 * Ends a rollout: completes what the release before has stored, and switches on what only this release reads. Returns the
 * exit code.
 *
 * @param isCheck only says what is left, and whether it is on. The exit code is 0 if nothing is left
 */
export async function runEnable(config: Config, log: Logger, isCheck: boolean): Promise<number> {
  const database = new Database({ ...config.database, maxConnections: MAX_CONNECTIONS })
  try {
    const version = await schemaVersion(database)
    if (version < OLDEST_SCHEMA_VERSION)
      throw new Error(`schema version ${version}, at least ${OLDEST_SCHEMA_VERSION} is needed: run migrate`)
    return isCheck ? await check(database, log) : await run(database, log)
  } catch (error) {
    const isLater = error instanceof FormerReleaseError
    log.error({ error: `database ${database.address}: ${messageWithoutAddress(error)}` }, 'enable failed')
    return isLater ? EXIT_LATER : EXIT_FAILED
  } finally {
    config.files.stop()
    await database.close().catch(() => undefined)
  }
}

async function check(database: Database, log: Logger): Promise<number> {
  const left = await unfinished(database)
  const since = await enabledAt(database)
  log.info({ ...left, enabledAt: since ?? null }, since === undefined ? 'enable has not run' : 'enable has run')
  return since !== undefined && Object.values(left).every((count) => count === 0) ? EXIT_OK : EXIT_FAILED
}

async function run(database: Database, log: Logger): Promise<number> {
  const { switchedOn, ...done } = await enable(database, showProgress(log))
  log.info(done, switchedOn ? 'switched on what only this release reads' : 'it was on already')
  return EXIT_OK
}

function showProgress(log: Logger): Progress {
  let shownAtMs = -Infinity
  return (step, done, total) => {
    if (performance.now() - shownAtMs < PROGRESS_INTERVAL_MS && done !== total) return
    shownAtMs = performance.now()
    log.info({ done, total }, `completing ${step}`)
  }
}

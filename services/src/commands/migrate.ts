import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../config/load.ts'
import { messageOf } from '../support/errors.ts'
import { Health, UnknownYetError } from '../support/health.ts'
import { healthServer } from '../support/http-server.ts'
import type { Logger } from '../support/log.ts'
import { Database } from '../store/database.ts'
import { Rotation } from '../support/rotation.ts'
import { migrate } from '../store/migrate.ts'

const retryMs = 1000

/**
 * Brings the schema up to date and returns the exit code. While the database cannot be reached it tries again, and says why at the
 * health endpoints. What it ends with stands in the container's termination message.
 */
export async function runMigrate(config: Config, log: Logger): Promise<number> {
  let failure: Error = new UnknownYetError('is connecting')
  const health = new Health({ db: () => Promise.reject(failure) })
  const server = await healthServer(health, config.server.host, config.server.port)
  const database = new Database({ ...config.database, maxConnections: 4 })
  const rotation = new Rotation({
    rotate: (url) => database.rotate(url),
    onError: (error) => log.warn({ error: messageOf(error) }, 'the new DATABASE_URL does not work yet'),
  })
  config.files.onChange((changed) => {
    if (changed.has('DATABASE_URL')) rotation.want(config.files.get('DATABASE_URL') ?? '')
  })
  const deadline = Date.now() + config.migrationTimeoutMs
  // A statement that hangs is bounded by itself; this is for what nobody thought of.
  const overdue = setTimeout(
    () => process.exit(finish(config, { error: failure.message }, 1)),
    config.migrationTimeoutMs + 5000,
  )
  try {
    for (;;) {
      try {
        const schemaVersion = await migrate(database, (message) => log.info(message))
        log.info({ schemaVersion }, 'the schema is up to date')
        return finish(config, { schemaVersion }, 0)
      } catch (error) {
        const reason = `database ${database.address}: ${messageOf(error).replace(/^(connect E[A-Z]+) .*$/, '$1')}`
        failure = new Error(reason)
        log.warn({ error: reason }, 'the migration is tried again')
        if (Date.now() + retryMs >= deadline) return finish(config, { error: reason }, 1)
        await pause(retryMs)
      }
    }
  } finally {
    clearTimeout(overdue)
    server.close()
    server.closeAllConnections()
    config.files.stop()
    rotation.stop()
    await database.close().catch(() => undefined)
  }
}

/** The kubelet makes the file; where it is not there nobody would read it. */
function finish(config: Config, result: { schemaVersion: number } | { error: string }, code: number): number {
  try {
    if (existsSync(config.terminationLog)) writeFileSync(config.terminationLog, JSON.stringify(result).slice(0, 4096))
  } catch {
    // The log says it too, and the exit code stays what it is.
  }
  return code
}

import type { Config } from '../config/load.ts'
import type { ProofConfig } from '../config/proof.ts'
import { Bus } from '../fanout/bus.ts'
import { removeProbes } from '../prove/accounts.ts'
import { Dependencies, SLOW_MS } from '../prove/dependencies.ts'
import { Excuses } from '../prove/excuses.ts'
import { Proof, READY_MESSAGES, type Outcome } from '../prove/proof.ts'
import { Database, statement, type Row } from '../store/database.ts'
import { messageOf } from '../support/errors.ts'
import { Health, UnknownYetError } from '../support/health.ts'
import { healthServer } from '../support/health-server.ts'
import type { Logger } from '../support/log.ts'
import { within } from '../support/within.ts'
import { followDatabaseUrl, rotate } from './credentials.ts'
import { writeTerminationMessage } from './termination-message.ts'

const MAX_CONNECTIONS = 2
/** Newer releases of MariaDB show words. */
const WRITABLE: ReadonlySet<string> = new Set(['0', 'OFF'])
const CLEAN_UP_TIMEOUT_MS = 20_000

/** EX_DATAERR and EX_TEMPFAIL of sysexits.h; 2 is what an image without this command ends with. */
const EXIT_CODES: Readonly<Record<Outcome['verdict'], number>> = { Passed: 0, Failed: 65, Inconclusive: 75, Skipped: 2 }

/**
 * Proves a release by users that chat, and returns the exit code. `stop` ends the chat, and the verdict is about what
 * was seen until then. The health endpoints report it as ready once enough messages were delivered. The outcome is
 * written to the container's termination message.
 */
export async function runProve(config: Config, proof: ProofConfig, log: Logger, stop: AbortSignal): Promise<number> {
  const database = new Database({ ...config.database, maxConnections: MAX_CONNECTIONS })
  const rotation = followDatabaseUrl(config, database, log)
  const bus = openBus(config, log)
  const excuses = new Excuses()
  const checks = { 'the database': () => checkWritable(database), Redis: () => bus.ping() }
  const dependencies = new Dependencies(checks, excuses)
  const limits = config.service.limits
  const run = new Proof({ proof, limits, database, dependencies, excuses, log, stop })
  const server = await healthServer({ health: new Health({ db: readiness(run) }), ...config.server, hasDetails: true })
  try {
    const { verdict, message, ...numbers } = await run.run()
    const result = { proof: proof.part, verdict, message, ...numbers }
    // First, so that it is there even if the database keeps the rest from ending in time.
    writeTerminationMessage(config.terminationLog, result)
    log.info({ ...result, ...usage() }, 'the proof has ended')
    return EXIT_CODES[verdict]
  } finally {
    dependencies.stop()
    await cleanUp(database, run.names, log)
    server.close()
    server.closeAllConnections()
    bus.close()
    config.files.stop()
    rotation.stop()
    await database.close().catch(() => undefined)
  }
}

function openBus(config: Config, log: Logger): Bus {
  const bus = new Bus({ url: config.redis.broadcastUrl, ca: config.redis.ca })
  const { files } = config
  files.onChange((changed) => {
    if (!changed.has('REDIS_URL') && !changed.has('BROADCAST_REDIS_URL')) return
    rotate(log, 'BROADCAST_REDIS_URL', () => bus.refresh(files.get('BROADCAST_REDIS_URL') ?? files.get('REDIS_URL')))
  })
  return bus
}

async function checkWritable(database: Database): Promise<void> {
  const sql = 'SELECT @@global.read_only AS readOnly'
  // Its own time-out, since a statement that hangs would keep the next check waiting.
  const [row] = await database.use((connection) => statement<Row[]>(connection, sql, [], SLOW_MS))
  if (!WRITABLE.has(String(row?.['readOnly']))) throw new Error(`${database.address} is read-only`)
}

function readiness(run: Proof): () => Promise<void> {
  return async () => {
    const { delivered } = run
    if (delivered < READY_MESSAGES)
      throw new UnknownYetError(`${delivered} of ${READY_MESSAGES} messages are delivered`)
  }
}

/** What this process has used: docs/services.md states it. */
function usage(): { cpuSeconds: number; maxMemoryMib: number } {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  return {
    cpuSeconds: Math.round((userCPUTime + systemCPUTime) / 100_000) / 10,
    maxMemoryMib: Math.round(maxRSS / 1024),
  }
}

/** What it cannot remove, the next proof of this owner removes. */
async function cleanUp(database: Database, names: string, log: Logger): Promise<void> {
  try {
    await within(CLEAN_UP_TIMEOUT_MS, removeProbes(database, names), `not done after ${CLEAN_UP_TIMEOUT_MS} ms`)
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'the next proof removes what this one leaves')
  }
}

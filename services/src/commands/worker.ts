import type { Config } from '../config/load.ts'
import { CONSUMERS, type Consumer } from '../outbox/consumer.ts'
import { Relay } from '../outbox/relay.ts'
import { Health } from '../support/health.ts'
import { healthServer } from '../support/health-server.ts'
import { portOf } from '../support/http-server.ts'
import { messageOf } from '../support/errors.ts'
import {
  CLOSE_ALL_TIMEOUT_MS,
  DELAY_TOLERANCE_MS,
  EXPIRY_INTERVAL_MS,
  FINISH_WRITES_TIMEOUT_MS,
  NOT_READY_TIMEOUT_MS,
  OUTBOX_HANDLE_TIMEOUT_MS,
  PURGE_INTERVAL_MS,
} from '../support/limits.ts'
import type { Logger } from '../support/log.ts'
import { Metrics } from '../support/metrics.ts'
import { Periodic } from '../support/periodic.ts'
import type { Running, Step } from '../support/shutdown.ts'
import { throttledWarn } from '../support/throttled.ts'
import { openBackend, type Backend } from './backend.ts'
import { expireMessages, purgeOld } from './chores.ts'
import { databaseCheck, redisCheck } from './health-checks.ts'

interface Work {
  readonly relay: Relay
  readonly chores: readonly Periodic[]
}

/** Starts the worker: the relay of the outbox, and what becomes old. @throws the error of a port that cannot be used */
export async function startWorker(
  config: Config,
  log: Logger,
  consumers: readonly Consumer[] = CONSUMERS,
): Promise<Running> {
  const metrics = new Metrics()
  const backend = openBackend(config, log, metrics)
  const health = new Health({ db: databaseCheck(backend.database), redis: redisCheck(backend.bus) })
  metrics.health(health)
  const server = await healthServer({ health, ...config.server, hasDetails: false })
  const metricsServer = await metrics.listen(config.server.host, config.metricsPort)
  const relay = openRelay(backend, consumers, { metrics, log })
  const chores = openChores(backend, metrics, log)
  const close = async () => {
    for (const each of [server, metricsServer]) {
      each.close()
      each.closeAllConnections()
    }
    await backend.close()
  }
  return {
    port: portOf(server),
    metricsPort: portOf(metricsServer),
    steps: shutdownSteps({ health, backend, work: { relay, chores }, close }),
  }
}

function openRelay(
  { database, events }: Backend,
  consumers: readonly Consumer[],
  { metrics, log }: { metrics: Metrics; log: Logger },
): Relay {
  const warn = throttledWarn(log)
  return new Relay({
    database,
    consumers,
    readEvent: async (room, seq) => (await events.after(room, seq - 1, 1, seq))[0],
    onConfirmed: (consumer, count) => metrics.outboxConfirmed.inc({ consumer }, count),
    onFailed: ({ givenUp, ...failure }) => {
      metrics.outboxFailures.inc({ consumer: failure.consumer })
      if (givenUp) log.error(failure, 'a consumer of the outbox does not take this event: it is not tried again')
      else warn(failure, 'a consumer of the outbox has not confirmed an event: it is tried again')
    },
    onTrouble: (error) => warn({ error: messageOf(error) }, 'the outbox cannot be read'),
  })
}

function openChores({ database, writer, features }: Backend, metrics: Metrics, log: Logger): Periodic[] {
  const warn = throttledWarn(log)
  const notExpired = (error: unknown) =>
    warn({ error: messageOf(error) }, 'messages that have expired still have their texts')
  const notPurged = (error: unknown) => warn({ error: messageOf(error) }, 'old rows were not removed')
  return [
    new Periodic({
      intervalMs: EXPIRY_INTERVAL_MS,
      work: (signal) =>
        expireMessages({ database, features }, (event) => writer.append(event), { signal, onError: notExpired }),
      onError: notExpired,
    }),
    new Periodic({
      intervalMs: PURGE_INTERVAL_MS,
      work: (signal) =>
        purgeOld(database, (what, rows) => metrics.purged.inc({ what }, rows), { signal, onError: notPurged }),
      onError: notPurged,
    }),
  ]
}

interface Parts {
  readonly health: Health
  readonly backend: Backend
  readonly work: Work
  readonly close: () => Promise<void>
}

function shutdownSteps({ health, backend, work: { relay, chores }, close }: Parts): Step[] {
  const finish = () => Promise.all([relay.stop(), ...chores.map((chore) => chore.stop())])
  return [
    { name: 'not ready', timeoutMs: NOT_READY_TIMEOUT_MS, run: () => health.takeOut('shutting down') },
    { name: 'finish work', timeoutMs: OUTBOX_HANDLE_TIMEOUT_MS + DELAY_TOLERANCE_MS, run: finish },
    { name: 'write', timeoutMs: FINISH_WRITES_TIMEOUT_MS, run: () => backend.writer.idle() },
    { name: 'close', timeoutMs: CLOSE_ALL_TIMEOUT_MS, run: close },
  ]
}

import type { Config } from '../config/load.ts'
import { openBackend } from './backend.ts'
import { databaseCheck, redisCheck } from './health-checks.ts'
import { SocketServer } from '../connection/server.ts'
import { messageOf } from '../support/errors.ts'
import { Health } from '../support/health.ts'
import { healthServer } from '../support/http-server.ts'
import type { Logger } from '../support/log.ts'
import { Metrics, portOf } from '../support/metrics.ts'
import { CatchUp } from '../room/catch-up.ts'
import { Hub } from '../room/hub.ts'
import { Messages } from '../room/messages.ts'
import { Refresher } from '../room/refresher.ts'
import { Semaphore } from '../support/semaphore.ts'
import type { Running } from '../support/shutdown.ts'
import { throttled } from '../support/throttled.ts'

/** Of replays and histories. */
const maxWaitingReads = 50_000

/** The WebSocket service. Resolves when it listens, with what ends it. */
export async function startWebSocket(config: Config, log: Logger): Promise<Running> {
  const metrics = new Metrics()
  const backend = openBackend(config, log, metrics)
  const { rooms, events, writer, bus, sessions, database } = backend
  const warn = throttled(5000, (trouble: object, message: string) => log.warn(trouble, message))
  const onError = (error: unknown) => warn({ error: messageOf(error) }, 'the database cannot be read')
  const refresher = new Refresher(bus, () => log.warn('redis brings too little: its connections are opened anew'))
  const hub = new Hub({
    bus,
    rooms,
    events,
    ringFrames: config.service.broadcast.capacity,
    onHealed: (count) => {
      metrics.healed.inc(count)
      refresher.healed()
    },
    onError,
  })
  const catchUp = new CatchUp({ rooms, hub, onError, onRound: () => refresher.round() })
  const health = new Health({ db: databaseCheck(database), redis: redisCheck(bus) })
  const server = await healthServer(health, config.server.host, config.server.port)
  const {
    heartbeat,
    limits,
    server: { max_connections: maxConnections },
  } = config.service
  const sockets = new SocketServer({
    server,
    services: {
      hub,
      rooms,
      events,
      messages: new Messages({ writer, bus, hub, onStored: (seconds) => metrics.messageSeconds.observe(seconds) }),
      // Half of them: a storm of returning clients must not keep others from reading, nor the service from being ready.
      reads: new Semaphore(Math.max(Math.floor(database.readers / 2), 1), maxWaitingReads),
      heartbeat: { intervalMs: heartbeat.interval_ms, timeoutMs: heartbeat.timeout_ms },
      pace: { perSecond: limits.messages_per_second, burst: limits.messages_burst },
      onError,
    },
    rules: { sessions, allowedOrigins: config.allowedOrigins, maxConnections },
    onRefused: (code) => metrics.refused.inc({ code }),
    onOpened: () => metrics.opened.inc(),
  })
  metrics.gauge('chat_connections', 'Open WebSocket connections', () => sockets.size)
  metrics.gauge('chat_connections_limit', 'WebSocket connections that there may be', () => maxConnections)
  metrics.gauge('chat_users', 'Users who are connected to this process', () => sockets.users)
  metrics.health(health)
  metrics.gauge('chat_rooms', 'Rooms that are served', () => hub.size)
  const metricsServer = await metrics.listen(config.server.host, config.metricsPort)
  catchUp.start()
  const steps = [
    { name: 'not ready', timeoutMs: 1000, run: () => health.takeOut('draining') },
    { name: 'drain', timeoutMs: config.drainPeriodMs + 12_000, run: () => sockets.drain(config.drainPeriodMs) },
    { name: 'write', timeoutMs: 5000, run: () => writer.idle() },
    {
      name: 'close',
      timeoutMs: 3000,
      run: async () => {
        catchUp.stop()
        hub.close()
        server.close()
        server.closeAllConnections()
        metricsServer.close()
        await backend.close()
      },
    },
  ]
  return { port: config.server.port, metricsPort: portOf(metricsServer), steps }
}

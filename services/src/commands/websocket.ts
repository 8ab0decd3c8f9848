import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import proxyAddr from '@fastify/proxy-addr'
import type { Config } from '../config/load.ts'
import { Buffers } from '../connection/buffers.ts'
import { chooseFrameWriter, writeThroughWs, writeToSocket, type FrameWriter } from '../connection/frame-writer.ts'
import { Rebalancer } from '../connection/rebalancer.ts'
import { Flushes } from '../connection/turn.ts'
import { SocketServer } from '../connection/server.ts'
import { UserConnections } from '../connection/user-connections.ts'
import { Users } from '../connection/users.ts'
import { Peers } from '../fanout/peers.ts'
import { CatchUp } from '../room/catch-up.ts'
import { Hub } from '../room/hub.ts'
import { Messages } from '../room/messages.ts'
import { messageOf } from '../support/errors.ts'
import { Health, HEALTH_PATH } from '../support/health.ts'
import { healthServer } from '../support/health-server.ts'
import { portOf } from '../support/http-server.ts'
import {
  CLOSE_ALL_TIMEOUT_MS,
  DELAY_TOLERANCE_MS,
  DRAIN_TOLERANCE_MS,
  FINISH_WRITES_TIMEOUT_MS,
  MAX_WAITING_READS,
  MAX_WAITING_UPGRADES,
  NOT_READY_TIMEOUT_MS,
} from '../support/limits.ts'
import type { Logger } from '../support/log.ts'
import { memoryShares } from '../support/memory.ts'
import { Metrics } from '../support/metrics.ts'
import { REFUSALS, SecurityLog } from '../support/security-log.ts'
import { Semaphore } from '../support/semaphore.ts'
import type { Running } from '../support/shutdown.ts'
import { throttledWarn } from '../support/throttled.ts'
import { openBackend, type Backend } from './backend.ts'
import { openCache } from './cache.ts'
import { openFeeds, type Feeds } from './feeds.ts'
import { databaseCheck, redisCheck } from './health-checks.ts'
import { openOperations } from './operations.ts'
import { observe } from './websocket-metrics.ts'

/** Starts the WebSocket service. Resolves when it listens. @throws the error of a port that cannot be used */
export async function startWebSocket(config: Config, log: Logger): Promise<Running> {
  const metrics = new Metrics()
  const backend = openBackend(config, log, metrics)
  const warn = throttledWarn(log)
  const onError = (error: unknown) => warn({ error: messageOf(error) }, 'the database cannot be read')
  const delivery = openDelivery(config, backend, { metrics, log, onError })
  const health = new Health({ db: databaseCheck(backend.database), redis: redisCheck(backend.bus) })
  const writeFrame = await openFrameWriter(log)
  const cache = openCache(config, log)
  const userConnections = new UserConnections({
    limit: config.service.limits.connections_per_user,
    redis: () => cache.client,
  })
  const server = await healthServer({ health, ...config.server, hasDetails: false })
  // Without an await in between: the server would answer an upgrade with 404.
  const security = new SecurityLog(log)
  const sockets = openSockets({
    config,
    metrics,
    backend,
    ...delivery,
    server,
    writeFrame,
    userConnections,
    security,
    onError,
    warn,
  })
  const rebalancer = openRebalancer({ config, backend, health, sockets })
  observe(metrics, { health, sockets, hub: delivery.hub, followed: delivery.feeds.services.followed, rebalancer })
  const metricsServer = await metrics.listen(config.server.host, config.metricsPort)
  delivery.catchUp.start()
  delivery.feeds.start()
  rebalancer.start()
  return {
    port: config.server.port,
    metricsPort: portOf(metricsServer),
    steps: shutdownSteps({
      config,
      health,
      sockets,
      rebalancer,
      backend,
      ...delivery,
      servers: [server, metricsServer],
      endCounting: () => {
        userConnections.stop()
        cache.client.disconnect()
      },
    }),
  }
}

interface Delivery {
  readonly hub: Hub
  readonly catchUp: CatchUp
  readonly feeds: Feeds
}

/** The live rooms, and what delivers to them when Redis does not. */
function openDelivery(
  config: Config,
  backend: Backend,
  { metrics, log, onError }: { metrics: Metrics; log: Logger; onError: (error: unknown) => void },
): Delivery {
  const { bus, rooms, events } = backend
  const hub = new Hub({
    bus,
    rooms,
    events,
    memberships: rooms.memberships,
    ringFrames: config.service.broadcast.capacity,
    ringsBytes: memoryShares().ringsBytes,
    onHealed: (count) => metrics.healed.inc(count),
    onEpochRaised: ({ id, slug }) => {
      metrics.epochsRaised.inc()
      log.error(
        { room: slug, id },
        'the database has lost events that were delivered: the epoch of the room was raised',
      )
    },
    onError,
  })
  const feeds = openFeeds(backend, hub, onError)
  const { followed } = feeds.services
  return { hub, feeds, catchUp: new CatchUp({ rooms, hub, followed, onError }) }
}

async function openFrameWriter(log: Logger): Promise<FrameWriter> {
  const writeFrame = await chooseFrameWriter()
  if (writeFrame === writeThroughWs)
    log.warn('this release of ws delays its frames: each frame is built again for every client')
  if (writeFrame === writeToSocket)
    log.warn('this release of Node has no socket handle that can be written to: frames pass through its streams')
  return writeFrame
}

interface SocketParts {
  readonly config: Config
  readonly metrics: Metrics
  readonly backend: Backend
  readonly hub: Hub
  readonly feeds: Feeds
  readonly server: Server
  readonly writeFrame: FrameWriter
  readonly userConnections: UserConnections
  readonly security: SecurityLog
  readonly onError: (error: unknown) => void
  readonly warn: (fields: object, message: string) => void
}

function openSockets(parts: SocketParts): SocketServer {
  const { config, metrics, backend, hub, feeds, server, writeFrame, userConnections, security, onError, warn } = parts
  const { rooms, events, writer, bus, sessions, database } = backend
  const { heartbeat, limits, server: settings } = config.service
  const onStored = (seconds: number) => metrics.messageSeconds.observe(seconds)
  const messages = new Messages({ writer, bus, hub, onStored })
  const isProxy = proxyAddr.compile(settings.trusted_proxies)
  return new SocketServer({
    nodeId: config.nodeId,
    server,
    services: {
      sessions,
      hub,
      rooms,
      events,
      operations: openOperations(backend, messages),
      // Half of the readers: many returning clients must not keep others from reading, nor the health check.
      reads: new Semaphore(Math.max(Math.floor(database.readers / 2), 1), MAX_WAITING_READS),
      heartbeat: { intervalMs: heartbeat.interval_ms, timeoutMs: heartbeat.timeout_ms },
      feeds: feeds.services,
      users: new Users({ perSecond: limits.messages_per_second, burst: limits.messages_burst }),
      buffers: new Buffers(memoryShares().buffersBytes, {
        onCut: (waitingBytes) =>
          warn({ waitingBytes }, 'connections were cut: too much waits for clients that do not read'),
      }),
      writeFrame,
      flushes: new Flushes(),
      onError,
    },
    rules: {
      sessions,
      allowedOrigins: config.allowedOrigins,
      maxConnections: settings.max_connections ?? memoryShares().connections,
      userConnections,
      // With the replays above, a sixth of the readers and more is left for joins, the catch-up and the health check.
      queries: new Semaphore(Math.max(Math.floor(database.readers / 3), 1), MAX_WAITING_UPGRADES),
    },
    onRefused: (code, request) => {
      metrics.refused.inc({ code })
      if (!REFUSALS.has(code)) return
      security.record('refused', { address: proxyAddr(request, isProxy), reason: code, action: 'upgrade' })
    },
    onOpened: () => metrics.opened.inc(),
    onMoved: () => metrics.moved.inc(),
  })
}

function openRebalancer(parts: Pick<Parts, 'config' | 'backend' | 'health' | 'sockets'>): Rebalancer {
  const { config, backend, health, sockets } = parts
  const { percent, group } = config.rebalance
  return new Rebalancer({
    percent,
    peers: new Peers({ bus: backend.bus, group }),
    sockets,
    isReady: async () => (await health.answer(HEALTH_PATH, false))?.status === 200,
  })
}

interface Parts extends Delivery {
  readonly config: Config
  readonly health: Health
  readonly sockets: SocketServer
  readonly rebalancer: Rebalancer
  readonly backend: Backend
  readonly servers: readonly Server[]
  readonly endCounting: () => void
}

function shutdownSteps(parts: Parts): Running['steps'] {
  const { config, health, sockets, rebalancer, backend, hub, catchUp, feeds, servers, endCounting } = parts
  const { drainPeriodMs, shutdownDelayMs: delayMs } = config
  const takeOut = () => {
    health.takeOut('draining')
    rebalancer.stop()
  }
  return [
    { name: 'not ready', timeoutMs: NOT_READY_TIMEOUT_MS, run: takeOut },
    // Clients arrive until every proxy has removed this pod.
    { name: 'wait for proxies', timeoutMs: delayMs + DELAY_TOLERANCE_MS, run: () => sleep(delayMs) },
    { name: 'drain', timeoutMs: drainPeriodMs + DRAIN_TOLERANCE_MS, run: () => sockets.drain(drainPeriodMs) },
    {
      name: 'write',
      timeoutMs: FINISH_WRITES_TIMEOUT_MS,
      run: async () => void (await Promise.all([backend.writer.idle(), feeds.flush()])),
    },
    {
      name: 'close',
      timeoutMs: CLOSE_ALL_TIMEOUT_MS,
      run: async () => {
        catchUp.stop()
        feeds.stop()
        hub.close()
        endCounting()
        for (const server of servers) {
          server.close()
          server.closeAllConnections()
        }
        await backend.close()
      },
    },
  ]
}

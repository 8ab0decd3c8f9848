import fastify, { type FastifyInstance } from 'fastify'
import { setTimeout as pause } from 'node:timers/promises'
import { handleErrors } from '../api/errors.ts'
import { createLimits } from '../api/rate-limits.ts'
import { maxRequestBytes } from '../api/requests.ts'
import { roomRoutes } from '../api/rooms.ts'
import { userRoutes } from '../api/users.ts'
import { openBackend } from './backend.ts'
import { databaseCheck, redisCheck } from './health-checks.ts'
import type { Config } from '../config/load.ts'
import { openRedis, type RedisClient } from '../fanout/redis-client.ts'
import { messageOf } from '../support/errors.ts'
import { Health } from '../support/health.ts'
import type { Logger } from '../support/log.ts'
import { Metrics, portOf } from '../support/metrics.ts'
import { Messages } from '../room/messages.ts'
import { Passwords } from '../session/passwords.ts'
import type { Running } from '../support/shutdown.ts'
import { throttled } from '../support/throttled.ts'

/** The HTTP API. Resolves when it listens, with what ends it. */
export async function startApi(config: Config, log: Logger): Promise<Running> {
  const metrics = new Metrics()
  const backend = openBackend(config, log, metrics)
  const { rooms, events, writer, bus, users, tokens, sessions, database } = backend
  const cache = openCache(config, log)
  const health = new Health({ db: databaseCheck(database), redis: redisCheck(bus, () => cache.client) })
  const limits = createLimits(config.service.limits, () => cache.client)
  const passwords = new Passwords(config.service.server.bcrypt_cost)

  const app = createApp(config)
  handleErrors(app, log)
  healthRoutes(app, health)
  userRoutes(app, { users, passwords, tokens, sessions, limits })
  const messages = new Messages({ writer, bus, onStored: (seconds) => metrics.messageSeconds.observe(seconds) })
  roomRoutes(app, { rooms, events, messages, sessions, limits })
  observeRequests(app, metrics)
  metrics.health(health)
  await app.listen({ host: config.server.host, port: config.server.port })
  const metricsServer = await metrics.listen(config.server.host, config.metricsPort)
  const steps = [
    { name: 'not ready', timeoutMs: 1000, run: () => health.takeOut('shutting down') },
    // Requests still arrive until every proxy has heard of it.
    { name: 'wait for proxies', timeoutMs: config.shutdownDelayMs + 1000, run: () => pause(config.shutdownDelayMs) },
    { name: 'finish requests', timeoutMs: 10_000, run: () => app.close() },
    { name: 'write', timeoutMs: 5000, run: () => writer.idle() },
    {
      name: 'close',
      timeoutMs: 3000,
      run: async () => {
        metricsServer.close()
        cache.client.disconnect()
        await backend.close()
      },
    },
  ]
  return { port: config.server.port, metricsPort: portOf(metricsServer), steps }
}

/** The client of REDIS_URL, which follows a rotated password. */
function openCache(config: Config, log: Logger): { client: RedisClient } {
  const warn = throttled(5000, (trouble: object, message: string) => log.warn(trouble, message))
  const open = (url: string) => {
    const client = openRedis({ url, ca: config.redis.ca, name: 'chat-cache' })
    client.on('error', (error: unknown) => warn({ error: messageOf(error) }, 'redis: limits are counted in memory'))
    return client
  }
  const cache = { client: open(config.redis.url) }
  config.files.onChange((changed) => {
    if (!changed.has('REDIS_URL')) return
    try {
      const old = cache.client
      cache.client = open(config.files.get('REDIS_URL') ?? '')
      old.disconnect()
    } catch (error) {
      log.error({ error: messageOf(error) }, 'the new REDIS_URL does not work: the old one stays')
    }
  })
  return cache
}

function createApp(config: Config): FastifyInstance {
  const { trusted_proxies: proxies } = config.service.server
  return fastify({
    logger: false,
    bodyLimit: maxRequestBytes,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    trustProxy: proxies.length === 0 ? false : proxies,
    routerOptions: { maxParamLength: 100 },
  })
}

/** Times what is answered; probes are left out, which would hide the users' requests. */
function observeRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    const { method } = request
    if (!route.startsWith(healthPath))
      metrics.answered({ method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1000 })
    done()
  })
}

const healthPath = '/actuator/health'

function healthRoutes(app: FastifyInstance, health: Health): void {
  for (const path of [healthPath, `${healthPath}/liveness`, `${healthPath}/readiness`]) {
    app.get(path, async (_request, reply) => {
      const answer = await health.answer(path)
      return reply.status(answer?.status ?? 404).send(answer?.body)
    })
  }
}

import fastify, { type FastifyInstance } from 'fastify'
import { HEALTH_PATH, HEALTH_PATHS, type Health } from '../support/health.ts'
import { MAX_REQUEST_BYTES } from '../support/limits.ts'
import type { Metrics } from '../support/metrics.ts'

const REQUEST_TIMEOUT_MS = 30_000
const CONNECTION_TIMEOUT_MS = 60_000
const MAX_PARAMETER_CHARACTERS = 100

/** An HTTP server without routes. @param trustedProxies addresses whose `X-Forwarded-For` is believed */
export function createApp(trustedProxies: string[]): FastifyInstance {
  return fastify({
    logger: false,
    bodyLimit: MAX_REQUEST_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    trustProxy: trustedProxies.length === 0 ? false : trustedProxies,
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARACTERS },
  })
}

/** Measures the requests of users. Probes are left out: they would hide the users' requests. */
export function observeRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    const { method } = request
    if (!route.startsWith(HEALTH_PATH))
      metrics.answered({ method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1000 })
    done()
  })
}

export function healthRoutes(app: FastifyInstance, health: Health): void {
  for (const path of HEALTH_PATHS) {
    app.get(path, async (_request, reply) => {
      const answer = await health.answer(path)
      return reply.status(answer?.status ?? 404).send(answer?.body)
    })
  }
}

import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { onBehalfOf } from '../support/caller.ts'
import { AppError } from '../support/errors.ts'
import { HEALTH_PATH, HEALTH_PATHS, type Health } from '../support/health.ts'
import { MAX_REQUEST_BYTES } from '../support/limits.ts'
import type { Logger } from '../support/log.ts'
import type { Metrics } from '../support/metrics.ts'

const REQUEST_TIMEOUT_MS = 30_000
const CONNECTION_TIMEOUT_MS = 60_000
const MAX_PARAMETER_CHARACTERS = 100
/** How long a browser remembers what a page may do. */
const PREFLIGHT_MAX_AGE_SECONDS = 600

export interface AppOptions {
  /** Addresses whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: string[]
  /** Origins of other hosts' pages that may read the answers; `*` is every page. */
  readonly allowedOrigins: readonly string[]
}

/** An HTTP server without routes. */
export async function createApp({ trustedProxies, allowedOrigins }: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: MAX_REQUEST_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    // Its answer has no Retry-After.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    trustProxy: trustedProxies.length === 0 ? false : trustedProxies,
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARACTERS },
    frameworkErrors: ({ code }, _request, reply: FastifyReply) => {
      const { status, body } = pathFault(code)
      void reply.status(status).send({ error: body })
    },
  })
  await app.register(cookie)
  await allowOrigins(app, allowedOrigins)
  // After it, so that a page of another origin can read the refusal and its Retry-After.
  refuseOnClosing(app)
  app.addHook('onSend', async (_request, reply) => {
    reply.header('X-Content-Type-Options', 'nosniff')
    if (!reply.hasHeader('Cache-Control')) reply.header('Cache-Control', 'no-store')
  })
  return app
}

/** The error of a path that matches no route for its form. */
function pathFault(code: string): AppError {
  const isLong = code === 'FST_ERR_MAX_PARAM_LENGTH'
  const rule = isLong
    ? `each part of the path must have at most ${MAX_PARAMETER_CHARACTERS} characters`
    : 'the path is not valid: encode other characters than A-Z a-z 0-9 . _ - with "%"'
  return new AppError('bad_request', rule, 'path')
}

/** Without trusted proxies all clients behind a proxy count as one address, which an operator may not know. */
export function warnOfProxies(
  app: FastifyInstance,
  { trustedProxies }: Pick<AppOptions, 'trustedProxies'>,
  log: Logger,
) {
  let isWarned = trustedProxies.length > 0
  app.addHook('onRequest', (request, _reply, done) => {
    if (!isWarned && request.headers['x-forwarded-for'] !== undefined) {
      isWarned = true
      log.warn(
        { address: request.ip },
        'X-Forwarded-For is ignored, and all clients of this proxy count as one address: add it to server.trusted_proxies',
      )
    }
    done()
  })
}

/** Tokens are sent in a header that no browser adds by itself, so no answer needs `Access-Control-Allow-Credentials`. */
async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type'],
    exposedHeaders: ['Retry-After'],
    maxAge: PREFLIGHT_MAX_AGE_SECONDS,
  })
}

/** Answers requests on kept connections while the others are completed. Fastify closes these connections. */
function refuseOnClosing(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  app.addHook('onRequest', (request, _reply, done) => {
    if (isClosing && !isHealth(request)) done(new AppError('unavailable', 'this process is shutting down: try again'))
    else done()
  })
}

/** What waits for its turn is dropped when the client of the request has gone. Probes share their checks. */
export function dropAbandoned(app: FastifyInstance): void {
  app.addHook('preHandler', (request, reply, done) => {
    if (isHealth(request)) return done()
    onBehalfOf(() => !reply.raw.destroyed && !request.raw.socket.destroyed, done)
  })
}

const isHealth = (request: FastifyRequest) => (request.routeOptions.url ?? '').startsWith(HEALTH_PATH)

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
      const answer = await health.answer(path, false)
      return reply.status(answer?.status ?? 404).send(answer?.body)
    })
  }
}

import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { createApp, dropAbandoned, healthRoutes, observeRequests, warnOfProxies } from '../api/app.ts'
import { handleErrors } from '../api/errors.ts'
import { adminRoutes } from '../api/admin.ts'
import { operationRoutes } from '../api/operations.ts'
import { ownAccountRoutes } from '../api/own-account.ts'
import { ownSessionRoutes } from '../api/own-sessions.ts'
import { PasswordChecks } from '../api/password-checks.ts'
import { createRateLimits } from '../api/rate-limits.ts'
import { invitationRoutes } from '../api/registration.ts'
import { reportRoutes } from '../api/reports.ts'
import { userRoutes } from '../api/users.ts'
import { webRoutes } from '../api/web.ts'
import type { Config } from '../config/load.ts'
import { Messages } from '../room/messages.ts'
import type { Successions } from '../room/successions.ts'
import { Passwords } from '../session/passwords.ts'
import { AccountExport } from '../store/account-export.ts'
import { AuditLog } from '../store/audit.ts'
import { RegistrationInvitations } from '../store/registration-invitations.ts'
import { Reports } from '../store/reports.ts'
import { Health } from '../support/health.ts'
import { portOf } from '../support/http-server.ts'
import {
  CLOSE_ALL_TIMEOUT_MS,
  DELAY_TOLERANCE_MS,
  FINISH_REQUESTS_TIMEOUT_MS,
  FINISH_WRITES_TIMEOUT_MS,
  NOT_READY_TIMEOUT_MS,
} from '../support/limits.ts'
import type { Logger } from '../support/log.ts'
import { Metrics } from '../support/metrics.ts'
import type { Periodic } from '../support/periodic.ts'
import { SecurityLog } from '../support/security-log.ts'
import type { Running } from '../support/shutdown.ts'
import { openBackend, sessionLengthMs, type Backend } from './backend.ts'
import { openCache, type Cache } from './cache.ts'
import { databaseCheck, redisCheck } from './health-checks.ts'
import { followNames } from './name-keys.ts'
import { openOperations } from './operations.ts'
import { openSuccessions } from './successions.ts'

/** Starts the HTTP API. Resolves when it listens. @throws the error of a port that cannot be used */
export async function startApi(config: Config, log: Logger): Promise<Running> {
  const metrics = new Metrics()
  const backend = openBackend(config, log, metrics)
  const cache = openCache(config, log)
  const health = new Health({
    db: databaseCheck(backend.database),
    redis: redisCheck(backend.bus, () => cache.client),
  })
  metrics.health(health)

  const { trusted_proxies: trustedProxies } = config.service.server
  const app = await createApp({ trustedProxies, allowedOrigins: config.allowedOrigins })
  warnOfProxies(app, { trustedProxies }, log)
  const security = new SecurityLog(log)
  handleErrors(app, log, security)
  dropAbandoned(app)
  healthRoutes(app, health)
  const { writer, bus } = backend
  const messages = new Messages({ writer, bus, onStored: (seconds) => metrics.messageSeconds.observe(seconds) })
  const { successions, periodic } = openSuccessions(backend, messages, log)
  addRoutes(app, { config, backend, cache, messages, successions, security })
  if (config.web) await webRoutes(app, { ...config.web, registration: config.service.users.registration })
  observeRequests(app, metrics)
  await app.listen({ host: config.server.host, port: config.server.port })
  const endNames = followNames(backend.database, log)
  const metricsServer = await metrics.listen(config.server.host, config.metricsPort)
  return {
    port: config.server.port,
    metricsPort: portOf(metricsServer),
    steps: shutdownSteps({ config, health, app, backend, cache, metricsServer, endNames, periodic }),
  }
}

interface Routed {
  readonly config: Config
  readonly backend: Backend
  readonly cache: Cache
  readonly messages: Messages
  readonly successions: Successions
  readonly security: SecurityLog
}

function addRoutes(app: FastifyInstance, { config, backend, cache, security, ...routed }: Routed): void {
  const { messages, successions } = routed
  const { database, users, accounts, devices, logins, sessions } = backend
  const limits = createRateLimits(config.service.limits, () => cache.client)
  const passwords = new Passwords(config.service.server.bcrypt_cost)
  const checks = new PasswordChecks({ users, passwords, limits, security })
  const sessionMs = sessionLengthMs(config.service)
  const accountExport = new AccountExport(database)
  ownAccountRoutes(app, { accounts, accountExport, successions, checks, sessions, limits, security })
  const { registration } = config.service.users
  userRoutes(app, { users, passwords, checks, logins, sessions, limits, security, registration, sessionMs })
  const registrationInvitations = new RegistrationInvitations(database)
  invitationRoutes(app, { registration, registrationInvitations, sessions, limits, security })
  ownSessionRoutes(app, { accounts, devices, passwords, checks, logins, sessions, limits, security })
  adminRoutes(app, { accounts, auditLog: new AuditLog(database), successions, sessions, limits, security })
  reportRoutes(app, { reports: new Reports(database), sessions, limits })
  operationRoutes(app, { operations: openOperations(backend, messages), sessions, limits })
}

interface Parts {
  readonly config: Config
  readonly health: Health
  readonly app: FastifyInstance
  readonly backend: Backend
  readonly cache: Cache
  readonly metricsServer: Server
  readonly endNames: () => void
  readonly periodic: Periodic
}

function shutdownSteps({ config, health, app, backend, cache, metricsServer, ...parts }: Parts): Running['steps'] {
  const delayMs = config.shutdownDelayMs
  return [
    { name: 'not ready', timeoutMs: NOT_READY_TIMEOUT_MS, run: () => health.takeOut('shutting down') },
    // Requests arrive until every proxy has removed this pod.
    { name: 'wait for proxies', timeoutMs: delayMs + DELAY_TOLERANCE_MS, run: () => sleep(delayMs) },
    {
      name: 'finish requests',
      timeoutMs: FINISH_REQUESTS_TIMEOUT_MS,
      run: () => Promise.all([app.close(), parts.periodic.stop()]),
    },
    { name: 'write', timeoutMs: FINISH_WRITES_TIMEOUT_MS, run: () => backend.writer.idle() },
    {
      name: 'close',
      timeoutMs: CLOSE_ALL_TIMEOUT_MS,
      run: async () => {
        parts.endNames()
        metricsServer.close()
        cache.client.disconnect()
        await backend.close()
      },
    },
  ]
}

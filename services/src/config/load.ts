import { hostname } from 'node:os'
import type { z } from 'zod'
import { CredentialFiles } from './credential-files.ts'
import { readDocument } from './document.ts'
import { check, ConfigError } from './faults.ts'
import { interpolate, references } from './interpolate.ts'
import { proofVariables, type ProofConfig } from './proof.ts'
import { environmentVariables, MIN_BCRYPT_COST, serviceFile, type ServiceFile } from './schema.ts'
import { readVariables, terminationLog, type Variables } from './variables.ts'

export { ConfigError }

export type Command = 'api' | 'websocket' | 'worker' | 'migrate' | 'enable' | 'prove'

/** The configuration of one process. That of `migrate` is checked for `api` and `websocket`, which start after it. */
export interface Config {
  readonly command: Command
  readonly environment: z.infer<typeof environmentVariables>['ENVIRONMENT']
  readonly nodeId: string
  readonly logLevel: z.infer<typeof environmentVariables>['LOG_LEVEL']
  readonly metricsPort: number
  readonly drainPeriodMs: number
  /** See `RebalancerOptions` and `PeersOptions`. */
  readonly rebalance: { readonly percent: number; readonly group: string }
  readonly shutdownDelayMs: number
  readonly migrationTimeoutMs: number
  /** The release that runs, if it is told; it need not be a semantic version. */
  readonly releaseVersion: string | undefined
  /** Name of the run of `migrate`, the same for all attempts of one Job. */
  readonly migrationRun: string | undefined
  /** Path of the container's termination message. */
  readonly terminationLog: string
  readonly allowedOrigins: readonly string[]
  /** The web client that `api` serves; see `WebOptions`. */
  readonly web: { readonly root: string; readonly websocketUrl: string | undefined } | undefined
  readonly database: { readonly url: string; readonly maxConnections: number; readonly ca: string | undefined }
  readonly server: { readonly host: string; readonly port: number }
  /** The sections of the file. */
  readonly service: ServiceFile
  readonly redis: { readonly url: string; readonly broadcastUrl: string; readonly ca: string | undefined }
  /** Only for `prove`. */
  readonly proof: ProofConfig | undefined
  readonly files: CredentialFiles
}

const DEFAULT_PORTS: Readonly<Record<Command, number>> = {
  api: 8080,
  websocket: 8085,
  worker: 8080,
  migrate: 8080,
  enable: 8080,
  prove: 8080,
}

/**
 * Reads the environment, the mounted credentials and the file CONFIG_FILE.
 * @param env @default process.env
 * @throws ConfigError with all faults
 */
export function loadConfig(command: Command, env: NodeJS.ProcessEnv = process.env): Config {
  const { values, files, faults: credentialFaults } = readVariables(env)
  const faults = [...credentialFaults]
  const document = readDocument(values.get('CONFIG_FILE'), faults)
  const variables = check(environmentVariables, Object.fromEntries(values), faults)
  const proof = command === 'prove' ? check(proofVariables, Object.fromEntries(values), faults) : undefined
  const file = interpolate(document, (name) => values.get(name))
  const service = check(serviceFile, file, faults, { variables: references(document), explained: unset(files, values) })
  if (service) checkBcryptCost(service.server.bcrypt_cost, variables?.ENVIRONMENT ?? 'prod', faults)
  if (!service || !variables || faults.length > 0) throw new ConfigError(faults)
  return {
    command,
    environment: variables.ENVIRONMENT,
    nodeId: variables.NODE_ID ?? hostname(),
    logLevel: variables.LOG_LEVEL,
    metricsPort: variables.METRICS_PORT,
    drainPeriodMs: variables.DRAIN_PERIOD_SECONDS * 1000,
    rebalance: { percent: variables.REBALANCE_PERCENT, group: variables.REBALANCE_GROUP },
    shutdownDelayMs: variables.SHUTDOWN_DELAY_SECONDS * 1000,
    migrationTimeoutMs: variables.MIGRATION_TIMEOUT_SECONDS * 1000,
    releaseVersion: variables.RELEASE_VERSION,
    migrationRun: variables.MIGRATION_RUN,
    terminationLog: terminationLog(env),
    allowedOrigins: variables.ALLOWED_ORIGINS,
    web:
      variables.WEB_ROOT === undefined
        ? undefined
        : { root: variables.WEB_ROOT, websocketUrl: variables.PUBLIC_WEBSOCKET_URL },
    database: {
      url: service.database.url,
      maxConnections: service.database.max_connections,
      ca: variables.DATABASE_CA,
    },
    server: { host: service.server.host, port: service.server.port ?? DEFAULT_PORTS[command] },
    service,
    redis: {
      url: service.redis.url,
      broadcastUrl: service.broadcast.redis_url ?? service.redis.url,
      ca: variables.REDIS_CA,
    },
    proof,
    files: new CredentialFiles(files, values),
  }
}

/** The credentials whose file could not be read. */
function unset(files: Variables['files'], values: Variables['values']): ReadonlySet<string> {
  return new Set([...files.keys()].filter((name) => !values.has(name)))
}

function checkBcryptCost(cost: number, environment: string, faults: string[]): void {
  if (cost >= MIN_BCRYPT_COST || environment === 'local' || environment === 'dev') return
  faults.push(
    `server.bcrypt_cost: ${cost} is allowed only if ENVIRONMENT is local or dev (it is ${environment}): set at least ${MIN_BCRYPT_COST}`,
  )
}

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import type { z } from 'zod'
import { CredentialFiles } from './credential-files.ts'
import { interpolate, references } from './interpolate.ts'
import {
  environmentVariables,
  migrateFile,
  minBcryptCost,
  secretFields,
  serviceFile,
  type ServiceFile,
} from './schema.ts'
import { readVariables } from './variables.ts'

export type Command = 'api' | 'websocket' | 'migrate'

/** The documented names in the application's own form. What `migrate` does not need is absent there. */
export interface Config {
  readonly command: Command
  readonly environment: z.infer<typeof environmentVariables>['ENVIRONMENT']
  readonly nodeId: string
  readonly logLevel: z.infer<typeof environmentVariables>['LOG_LEVEL']
  readonly metricsPort: number
  readonly drainPeriodMs: number
  readonly shutdownDelayMs: number
  readonly migrationTimeoutMs: number
  readonly terminationLog: string
  readonly allowedOrigins: readonly string[]
  readonly database: { readonly url: string; readonly maxConnections: number; readonly ca: string | undefined }
  readonly server: { readonly host: string; readonly port: number }
  readonly service: ServiceFile
  readonly redis: { readonly url: string; readonly broadcastUrl: string; readonly ca: string | undefined }
  readonly files: CredentialFiles
}

/** Everything that is wrong with a configuration, one fault a line: field, value (unless it is secret), fix. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`the configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n- ${faults.join('\n- ')}`)
    this.faults = faults
  }
}

/** The documented file's shape, under what the user's file says: an absent key falls back to its variable. */
const documented = {
  database: { url: '${DATABASE_URL}' },
  redis: { url: '${REDIS_URL}' },
  broadcast: { redis_url: '${BROADCAST_REDIS_URL}' },
  jwt: { secret: '${JWT_SECRET}', previous_secret: '${JWT_PREVIOUS_SECRET}' },
  server: { host: '${SERVER_HOST}', port: '${SERVER_PORT}' },
}

const ports: Record<Command, number> = { api: 8080, websocket: 8085, migrate: 8080 }

/**
 * Reads the environment, the mounted credentials and CONFIG_FILE (`config/production.yml` beside the program).
 * @throws ConfigError with all faults at once.
 */
export function loadConfig(command: Command, env: NodeJS.ProcessEnv = process.env): Config {
  const variables = readVariables(env)
  const faults = [...variables.faults]
  const document = readDocument(variables.values, faults)
  const names = references(document)
  const file = interpolate(document, (name) => variables.values.get(name))
  const fromEnv = check(environmentVariables, Object.fromEntries(variables.values), faults, new Map())
  const service = check(command === 'migrate' ? migrateFile : serviceFile, file, faults, names) as
    | ServiceFile
    | undefined
  const environment = fromEnv?.ENVIRONMENT ?? 'prod'
  if (service && command !== 'migrate') checkBcryptCost(service.server.bcrypt_cost, environment, faults)
  if (!service || !fromEnv || faults.length > 0) throw new ConfigError(faults)
  return {
    command,
    environment,
    nodeId: fromEnv.NODE_ID ?? hostname(),
    logLevel: fromEnv.LOG_LEVEL,
    metricsPort: fromEnv.METRICS_PORT,
    drainPeriodMs: fromEnv.DRAIN_PERIOD_SECONDS * 1000,
    shutdownDelayMs: fromEnv.SHUTDOWN_DELAY_SECONDS * 1000,
    migrationTimeoutMs: fromEnv.MIGRATION_TIMEOUT_SECONDS * 1000,
    terminationLog: fromEnv.TERMINATION_LOG,
    allowedOrigins: fromEnv.ALLOWED_ORIGINS,
    database: {
      url: service.database.url,
      maxConnections: service.database.max_connections,
      ca: variables.values.get('DATABASE_CA'),
    },
    server: { host: service.server.host, port: service.server.port ?? ports[command] },
    service,
    redis: {
      url: service.redis?.url,
      broadcastUrl: service.broadcast?.redis_url ?? service.redis?.url,
      ca: variables.values.get('REDIS_CA'),
    },
    files: new CredentialFiles(variables.files, variables.values),
  }
}

function readDocument(values: ReadonlyMap<string, string>, faults: string[]): Record<string, unknown> {
  const named = values.get('CONFIG_FILE')
  const path = named ?? join(dirname(process.argv[1] ?? '.'), 'config', 'production.yml')
  try {
    const content: unknown = parse(readFileSync(path, 'utf8'), { maxAliasCount: 10 })
    if (content === null || content === undefined) return documented
    if (typeof content === 'object' && !Array.isArray(content))
      return merge(documented, content as Record<string, unknown>)
    faults.push(`CONFIG_FILE: ${path} must hold the sections database, redis, broadcast, jwt, server`)
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (named !== undefined || !absent) faults.push(`CONFIG_FILE: ${path}: ${(error as Error).message.split('\n')[0]}`)
  }
  return documented
}

/** Section by section; a section of the user's file that is no map stays as it is, for the schema to refuse. */
function merge(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = new Map<string, unknown>(Object.entries(under))
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key)
    merged.set(key, isMap(below) && isMap(value) ? { ...below, ...value } : (value ?? below))
  }
  return Object.fromEntries(merged)
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function check<T>(
  schema: z.ZodType<T>,
  input: unknown,
  faults: string[],
  names: ReadonlyMap<string, string>,
): T | undefined {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  for (const issue of result.error.issues) faults.push(describe(issue, input, names))
  return undefined
}

function describe(issue: z.core.$ZodIssue, input: unknown, names: ReadonlyMap<string, string>): string {
  const path = issue.path.map(String)
  const field = path.join('.')
  const variable = names.get(field)
  const value = path.reduce<unknown>((node, key) => (isMap(node) ? node[key] : undefined), input)
  if (value === undefined) {
    return variable
      ? `${field}: \${${variable}} is not set: set ${variable}${secretFields.has(field) ? ` or ${variable}_FILE` : ''}`
      : `${field}: is missing: ${issue.message}`
  }
  const from = variable ? ` (from ${variable})` : ''
  const shown = secretFields.has(field) ? '' : ` ${JSON.stringify(value)}`
  return `${field}${from}:${shown} ${issue.message}`
}

function checkBcryptCost(cost: number, environment: string, faults: string[]): void {
  if (cost >= minBcryptCost || environment === 'local' || environment === 'dev') return
  faults.push(
    `server.bcrypt_cost: ${cost} is allowed only where ENVIRONMENT is local or dev (it is ${environment}): set at least ${minBcryptCost}, documented is 12`,
  )
}

import { z } from 'zod'
import { parseDatabaseUrl } from '../store/database-url.ts'
import { parseRedisUrl } from '../fanout/redis-url.ts'
import { whole } from './whole.ts'

/** A key of HS256 must have at least as many bits as the hash (RFC 7518, 3.2). */
export const MIN_SECRET_CHARACTERS = 32

/** Below it, the passwords of a stolen table are guessed too fast. A hash of cost 12 takes 175 ms. */
export const MIN_BCRYPT_COST = 10

const url = (parse: (text: string) => unknown) =>
  z.string('must be a text').superRefine((text, context) => {
    try {
      parse(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
    }
  })

const secret = z
  .string('must be a text')
  .min(MIN_SECRET_CHARACTERS, `must have at least ${MIN_SECRET_CHARACTERS} characters: openssl rand -base64 32`)

const connections = whole(1, 1000).default(20)

const databaseSection = z.object({
  url: url(parseDatabaseUrl),
  max_connections: connections,
})

const redisSection = z.object({ url: url(parseRedisUrl), max_connections: connections })

const broadcastSection = z.object({
  capacity: whole(1, 65_536).default(1024),
  redis_url: url(parseRedisUrl).optional(),
})

const jwtSection = z.object({
  secret,
  previous_secret: secret.optional(),
  expiration_hours: whole(1, 24 * 365).default(24),
})

const ADDRESSES = 'must be an address, or a range of addresses such as 10.0.0.0/8, and not every address'
const addresses = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], { error: ADDRESSES })
  .refine((range) => !range.endsWith('/0'), ADDRESSES)

const serverSection = z.object({
  host: z.string('must be an address').min(1, 'must be an address').default('0.0.0.0'),
  port: whole(0, 65_535).optional(),
  bcrypt_cost: whole(4, 16).default(12),
  max_connections: whole(1, 1_000_000).optional(),
  trusted_proxies: z.array(addresses).max(64).default([]),
})

/** Rates of one connection (messages), name and address (logins), address or name (failed logins), address (registrations) or user (requests, new rooms, searches, reports, exports, connections). 0: no limit. */
const limitsSection = z
  .object({
    messages_per_second: whole(0, 1_000_000).default(200),
    messages_burst: whole(1, 1_000_000).default(2000),
    logins_per_minute: whole(0, 1_000_000).default(10),
    failed_logins_of_address_per_minute: whole(0, 1_000_000).default(100),
    failed_logins_of_user_per_minute: whole(0, 1_000_000).default(100),
    registrations_per_minute: whole(0, 1_000_000).default(30),
    requests_per_minute: whole(0, 10_000_000).default(6000),
    rooms_per_hour: whole(0, 1_000_000).default(100),
    people_searches_per_minute: whole(0, 1_000_000).default(120),
    reports_per_hour: whole(0, 1_000_000).default(30),
    exports_per_hour: whole(0, 1_000_000).default(5),
    connections_per_user: whole(0, 1_000_000).default(20),
  })
  .prefault({})

/** Who may register: everyone, whoever has an invitation, or nobody; and what becomes of the messages of users who are deleted. */
const usersSection = z
  .object({
    registration: z.enum(['open', 'invitation', 'off'], 'must be open, invitation or off').default('open'),
    deleted_messages: z.enum(['keep', 'recall'], 'must be keep or recall').default('keep'),
  })
  .prefault({})

const heartbeatSection = z
  .object({ interval_ms: whole(100, 3_600_000).default(25_000), timeout_ms: whole(100, 7_200_000).default(60_000) })
  .prefault({})

/** The file of `api` and `websocket`, which `migrate` checks for them. Unknown keys are ignored: a newer release may have added them. */
export const serviceFile = z.object({
  database: databaseSection,
  redis: redisSection,
  broadcast: broadcastSection,
  jwt: jwtSection,
  server: serverSection.prefault({}),
  limits: limitsSection,
  users: usersSection,
  heartbeat: heartbeatSection,
})

export type ServiceFile = z.infer<typeof serviceFile>

/** Fields whose value is never printed. */
export const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'database.url',
  'redis.url',
  'broadcast.redis_url',
  'jwt.secret',
  'jwt.previous_secret',
  'DATABASE_CA',
  'REDIS_CA',
])

const certificate = z.string().includes('-----BEGIN CERTIFICATE-----', 'must be certificates in PEM').optional()

/** The variables that have no key in the file. */
export const environmentVariables = z.object({
  NODE_ID: z.string().max(253).optional(),
  ENVIRONMENT: z
    .string()
    .regex(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of an environment, such as prod')
    .default('prod'),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be trace, debug, info, warn, error, fatal or silent',
    )
    .default('info'),
  METRICS_PORT: whole(0, 65_535).default(9090),
  DRAIN_PERIOD_SECONDS: whole(0, 540).default(60),
  REBALANCE_PERCENT: whole(0, 50).default(0),
  REBALANCE_GROUP: z
    .string()
    .regex(/^[-A-Za-z0-9._]{1,63}$/, 'must be 1 to 63 letters, digits, ".", "_" or "-"')
    .default('all'),
  SHUTDOWN_DELAY_SECONDS: whole(0, 60).default(3),
  MIGRATION_TIMEOUT_SECONDS: whole(1, 86_400).default(600),
  RELEASE_VERSION: z.string().max(128, 'must have at most 128 characters').optional(),
  MIGRATION_RUN: z
    .string()
    .regex(/^[ -~]{1,253}$/, 'must be 1 to 253 ASCII characters')
    .optional(),
  WEB_ROOT: z.string().startsWith('/', 'must be the absolute path of a folder').optional(),
  PUBLIC_WEBSOCKET_URL: z.url({ protocol: /^wss?$/, error: 'must be a URL such as wss://ws.example.com' }).optional(),
  DATABASE_CA: certificate,
  REDIS_CA: certificate,
  ALLOWED_ORIGINS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((origin) => origin.trim())
        .filter((origin) => origin !== '')
        .map(withoutDefaultPort),
    )
    .refine((origins) => origins.every((origin) => origin === '*' || isOrigin(origin)), {
      message: 'must be a comma list of origins such as https://chat.example.com, or *',
    }),
})

/** Browsers send an origin without the port that its scheme has anyway. */
function withoutDefaultPort(text: string): string {
  const url = URL.parse(text)
  return url !== null && `${url.origin}:${url.protocol === 'https:' ? 443 : 80}` === text ? url.origin : text
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

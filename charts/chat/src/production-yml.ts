import { DATABASE_CONNECTIONS } from './limits.ts'

interface Settings {
  readonly redis: { readonly broadcast?: unknown }
  readonly trustedProxies: readonly string[]
}

/**
 * The documented configuration file of the services, in which `${VAR}` is an environment variable. It holds no
 * credentials: their variables are read from mounted Secrets.
 */
export function productionYml({ redis, trustedProxies }: Settings): string {
  const broadcast = redis.broadcast === undefined ? 'REDIS_URL' : 'BROADCAST_REDIS_URL'
  const proxies = trustedProxies.length === 0 ? '' : `  trusted_proxies: ${JSON.stringify(trustedProxies)}\n`
  return `database:
  url: \${DATABASE_URL}
  max_connections: \${DATABASE_MAX_CONNECTIONS:-${DATABASE_CONNECTIONS.api}}

redis:
  url: \${REDIS_URL}
  max_connections: 20

broadcast:
  capacity: 1024
  redis_url: \${${broadcast}}

jwt:
  secret: \${JWT_SECRET}
  expiration_hours: 24

server:
  host: \${SERVER_HOST}
  port: \${SERVER_PORT}
  bcrypt_cost: 12
${proxies}`
}

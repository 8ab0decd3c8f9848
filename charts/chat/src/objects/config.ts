import { KubeConfigMap } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { commonLabels } from '../labels.ts'
import type { Model } from '../model.ts'

/** The documented configuration file of the services; `${VAR}` is the environment variable of that name. */
export function config(chart: Chart, model: Model): void {
  new KubeConfigMap(chart, 'config', {
    metadata: { name: model.names.config, labels: commonLabels(model) },
    data: { [CONFIG_KEY]: productionYml(model) },
  })
}

const CONFIG_KEY = 'production.yml'

/**
 * The most connections that a pod opens to the database: the documented 20, and half of them for the WebSocket service,
 * which has most of the pods and writes over four. The migration decides on its own.
 */
export const databaseConnections = { api: 20, websocket: 10, migrate: 4 } as const

/** Credentials never stand in it: their variables are read from mounted Secrets. */
export function productionYml({ spec }: Model): string {
  const broadcast = spec.redis.broadcast === undefined ? 'REDIS_URL' : 'BROADCAST_REDIS_URL'
  return `database:
  url: \${DATABASE_URL}
  max_connections: \${DATABASE_MAX_CONNECTIONS:-${databaseConnections.api}}

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
`
}

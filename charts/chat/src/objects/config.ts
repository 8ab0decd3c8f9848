import { KubeConfigMap } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { commonLabels } from '../labels.ts'
import { DATABASE_CONNECTIONS } from '../limits.ts'
import type { Model } from '../model.ts'

/** The ConfigMap with the documented configuration file of the services, in which `${VAR}` is an environment variable. */
export function config(chart: Chart, model: Model): void {
  new KubeConfigMap(chart, 'config', {
    metadata: { name: model.names.config, labels: commonLabels(model) },
    data: { [CONFIG_KEY]: productionYml(model) },
  })
}

const CONFIG_KEY = 'production.yml'

/** It holds no credentials: their variables are read from mounted Secrets. */
export function productionYml({ spec }: Model): string {
  const broadcast = spec.redis.broadcast === undefined ? 'REDIS_URL' : 'BROADCAST_REDIS_URL'
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
`
}

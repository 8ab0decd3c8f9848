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

/** Credentials never stand in it: their variables are read from mounted Secrets. */
export function productionYml({ spec }: Model): string {
  const broadcast = spec.redis.broadcast === undefined ? 'REDIS_URL' : 'BROADCAST_REDIS_URL'
  return `database:
  url: \${DATABASE_URL}
  max_connections: 20

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

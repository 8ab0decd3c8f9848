import type { Environment } from '@chat-app/platform'
import { production } from './prod.ts'
import { clusterRefs, names, version } from './base.ts'

/** The platform of production with a fixed number of pods, for trying a release. */
export const staging: Environment = {
  ...production,
  name: 'staging',
  pipeline: { on: 'tag', start: 'manual', tier: 'staging' },
  chatApp: {
    ...names.chatApp,
    spec: {
      version,
      exposure: {
        type: 'Ingress',
        hosts: { api: 'api.staging.chat-app.com', websocket: 'ws.staging.chat-app.com' },
        ingress: { className: 'haproxy', profile: 'haproxy' },
        tls: { issuerRef: { name: 'letsencrypt-prod' } },
      },
      api: { replicas: 3 },
      websocket: { replicas: 5 },
      worker: { replicas: 2 },
      database: clusterRefs.database,
      redis: clusterRefs.redisCluster,
    },
  },
  logs: { ...production.logs, keepDays: 7 },
  edge: { ...production.edge, pages: { kibana: 'logs.staging.chat-app.com' } },
  secrets: {
    ...production.secrets,
    authenticationPath: 'kubernetes-staging',
    databaseKeysPath: 'chat-app-staging-mysql',
  },
  database: {
    ...production.database,
    backup: { ...production.database.backup, bucket: 'chat-app-staging-mysql' },
  },
  storage: {
    ...production.storage,
    buckets: { ...production.storage.buckets, files: 'chat-app-staging-files' },
  },
}

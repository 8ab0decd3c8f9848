import type { Environment } from '@chat-app/charts'
import {
  certificates,
  clusterRefs,
  generatedSecrets,
  images,
  names,
  operator,
  redisPasswordSecret,
  version,
} from './base.ts'
import { production } from './prod.ts'

/** Performance, integration and acceptance tests: the resources of production, fewer pods. */
export const test: Environment = {
  name: 'test',
  chatApp: {
    ...names.chatApp,
    spec: {
      version,
      exposure: {
        type: 'Ingress',
        hosts: { api: 'api.test.chat-app.com', websocket: 'ws.test.chat-app.com' },
        ingress: { className: 'haproxy', profile: 'haproxy' },
        tls: { issuerRef: { name: 'letsencrypt-staging' } },
      },
      api: { replicas: 2 },
      websocket: { replicas: 2 },
      database: clusterRefs.database,
    },
  },
  operator: { ...operator, replicas: 2 },
  certificates,
  secrets: generatedSecrets,
  dataNamespace: names.dataNamespace,
  database: {
    kind: 'pxc',
    name: names.database,
    crVersion: '1.18.0',
    image: images.pxc,
    size: 3,
    proxy: {
      image: images.haproxy,
      size: 2,
      resources: { requests: { cpu: '500m', memory: '1G' }, limits: { cpu: '1', memory: '2G' } },
    },
    resources: { requests: { cpu: '1', memory: '2G' }, limits: { cpu: '2', memory: '4G' } },
    storage: '100G',
    bufferPool: '1G',
    backup: {
      image: images.pxcBackup,
      bucket: 'chat-app-test-mysql',
      endpointUrl: 'https://minio.chat-app-storage.svc',
      region: 'us-east-1',
      credentialsSecret: 'mysql-backup-s3',
      schedules: [{ name: 'daily', cron: '0 2 * * *', keep: 30 }],
    },
  },
  redis: {
    kind: 'sentinel',
    name: names.redis,
    image: images.redis,
    exporterImage: images.redisExporter,
    size: 3,
    sentinels: {
      image: images.redisSentinel,
      size: 3,
      quorum: 2,
      downAfterMs: 5000,
      failoverTimeoutMs: 10_000,
      resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
    },
    resources: { requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: '200m', memory: '2Gi' } },
    storage: '10Gi',
    passwordSecret: redisPasswordSecret,
  },
  storage: {
    name: names.storage,
    namespace: names.storageNamespace,
    image: images.minio,
    servers: 4,
    volumesPerServer: 1,
    volumeSize: '100Gi',
    resources: { requests: { cpu: '500m', memory: '2Gi' }, limits: { cpu: '1', memory: '4Gi' } },
    configurationSecret: 'minio-config',
  },
  monitoring: production.monitoring,
}

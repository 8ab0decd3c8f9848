import type { Environment } from '@chat-app/charts'
import {
  certificates,
  clusterRefs,
  databaseMaintenance,
  generatedSecrets,
  images,
  names,
  operator,
  redisPasswordSecret,
  version,
} from './base.ts'

const small = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } } as const

/** Development and functional tests: the least of everything, and nothing that could not be made again. */
export const dev: Environment = {
  name: 'dev',
  chatApp: {
    ...names.chatApp,
    spec: {
      version,
      exposure: {
        type: 'Ingress',
        hosts: { api: 'api.dev.chat-app.com', websocket: 'ws.dev.chat-app.com' },
        ingress: { className: 'haproxy', profile: 'haproxy' },
        tls: { issuerRef: { name: 'letsencrypt-staging' } },
      },
      api: { replicas: 1, resources: small },
      websocket: { replicas: 1, resources: small, drain: { periodSeconds: 10 } },
      database: clusterRefs.database,
    },
  },
  operator: { ...operator, replicas: 1 },
  certificates,
  secrets: generatedSecrets,
  policies: { chatApps: 5, nodes: 20, warnOfOneReplica: false },
  dataNamespace: names.dataNamespace,
  database: {
    kind: 'pxc',
    name: names.database,
    crVersion: '1.18.0',
    image: images.pxc,
    size: 1,
    unsafe: { pxcSize: true, proxySize: true },
    proxy: {
      kind: 'haproxy',
      image: images.haproxy,
      size: 1,
      resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    },
    resources: { requests: { cpu: '200m', memory: '1G' }, limits: { cpu: '1', memory: '2G' } },
    storage: '10G',
    bufferPool: '256M',
    maintenance: databaseMaintenance,
    applicationUser: 'blue',
  },
  redis: {
    kind: 'standalone',
    name: names.redis,
    image: images.redis,
    tls: false,
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '200m', memory: '256Mi' } },
    storage: '1Gi',
    passwordSecret: redisPasswordSecret,
  },
  storage: {
    kind: 'tenant',
    name: names.storage,
    namespace: names.storageNamespace,
    image: images.minio,
    clientImage: images.minioClient,
    buckets: { files: 'chat-app-dev-files', oldVersionsDays: 7 },
    servers: 1,
    volumesPerServer: 1,
    volumeSize: '10Gi',
    resources: { requests: { cpu: '100m', memory: '512Mi' }, limits: { cpu: '500m', memory: '1Gi' } },
    configurationSecret: 'minio-config',
  },
}

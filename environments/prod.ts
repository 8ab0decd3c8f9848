import type { Environment } from '@chat-app/charts'
import {
  certificates,
  clusterRefs,
  databaseBackup,
  databaseMaintenance,
  images,
  names,
  operator,
  redisPasswordSecret,
  version,
} from './base.ts'

/** One cluster of production, with the figures of the original deployment. */
export const production = {
  name: 'prod',
  chatApp: {
    ...names.chatApp,
    spec: {
      version,
      exposure: {
        type: 'Ingress',
        hosts: { api: 'api.chat-app.com', websocket: 'ws.chat-app.com' },
        ingress: { className: 'haproxy', profile: 'haproxy' },
        tls: { issuerRef: { name: 'letsencrypt-prod' } },
      },
      api: { replicas: 3, autoscaling: { minReplicas: 3, maxReplicas: 12 } },
      websocket: { replicas: 5, autoscaling: { minReplicas: 5, maxReplicas: 30 } },
      database: clusterRefs.database,
      redis: clusterRefs.redisCluster,
    },
  },
  operator: { ...operator, replicas: 2 },
  certificates,
  secrets: {
    kind: 'vault',
    server: 'https://vault.chat-app.com:8200',
    path: 'secret',
    authenticationPath: 'kubernetes-prod',
    rolePrefix: 'chat-app',
    databaseKeysPath: 'chat-app-prod-mysql',
  },
  dataNamespace: names.dataNamespace,
  database: {
    kind: 'pxc',
    name: names.database,
    crVersion: '1.18.0',
    image: images.pxc,
    size: 3,
    proxy: {
      kind: 'haproxy',
      image: images.haproxy,
      size: 2,
      resources: { requests: { cpu: '500m', memory: '1G' }, limits: { cpu: '1', memory: '2G' } },
    },
    resources: { requests: { cpu: '1', memory: '2G' }, limits: { cpu: '2', memory: '4G' } },
    storage: '100G',
    storageClassName: 'standard',
    bufferPool: '1G',
    maintenance: databaseMaintenance,
    vaultSecret: 'mysql-vault',
    exporterImage: images.mysqlExporter,
    backup: {
      ...databaseBackup,
      bucket: 'chat-app-prod-mysql',
      schedules: [
        { name: 'daily', cron: '0 2 * * *', keep: 30 },
        { name: 'weekly', cron: '0 3 * * 0', keep: 12 },
        { name: 'monthly', cron: '0 4 1 * *', keep: 12 },
      ],
      uploadIntervalSeconds: 60,
    },
  },
  redis: {
    kind: 'cluster',
    name: names.redis,
    image: images.redis,
    exporterImage: images.redisExporter,
    size: 3,
    nodeTimeoutMs: 2000,
    tls: true,
    resources: { requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: '200m', memory: '2Gi' } },
    storage: '10Gi',
    passwordSecret: redisPasswordSecret,
  },
  storage: {
    name: names.storage,
    namespace: names.storageNamespace,
    image: images.minio,
    servers: 4,
    volumesPerServer: 2,
    volumeSize: '100Gi',
    resources: { requests: { cpu: '500m', memory: '2Gi' }, limits: { cpu: '1', memory: '4Gi' } },
    configurationSecret: 'minio-config',
  },
  monitoring: {
    name: names.prometheus,
    namespace: names.monitoringNamespace,
    version: 'v3.5.0',
    replicas: 2,
    resources: { requests: { cpu: '1', memory: '4Gi' }, limits: { cpu: '2', memory: '8Gi' } },
    storage: '100Gi',
    storageClassName: 'standard',
    retention: '15d',
    retentionSize: '80GB',
    alertmanager: {
      version: 'v0.28.1',
      replicas: 2,
      resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '200m', memory: '256Mi' } },
      storage: '1Gi',
      configSecret: 'alertmanager-config',
    },
    runbookUrl: 'https://gitlab.example.com/chat-app/platform/-/blob/main/docs/runbooks',
    kubeStateMetrics: 'kube-state-metrics.kube-system.svc:8080',
    certManager: 'cert-manager.cert-manager.svc:9402',
  },
} as const satisfies Environment

/** Production: the same in two regions, of which one takes the writes and the other follows it. */
export const prod: Environment = {
  ...production,
  // The networks of the regions reach each other privately.
  database: { ...production.database, replication: { sourceRanges: ['10.0.0.0/8'] } },
  regions: {
    active: 'eu-central',
    clusters: [
      {
        name: 'eu-central',
        databaseHost: 'mysql.eu-central.chat-app.com',
        storageUrl: 'https://storage.eu-central.chat-app.com',
      },
      {
        name: 'us-east',
        databaseHost: 'mysql.us-east.chat-app.com',
        storageUrl: 'https://storage.us-east.chat-app.com',
      },
    ],
  },
}

import root from '../package.json' with { type: 'json' }

/** The release that every environment runs. */
export const version = root.version

/** Names that all environments share: those of the original deployment. */
export const names = {
  chatApp: { name: 'chat-app', namespace: 'chat-app' },
  dataNamespace: 'chat-app-db',
  storageNamespace: 'chat-app-storage',
  monitoringNamespace: 'monitoring',
  operatorNamespace: 'chat-app-system',
  logsNamespace: 'logging',
  collectorNamespace: 'logging-collector',
  database: 'chat-app-mysql',
  redis: 'chat-app-redis',
  messaging: 'chat-app-rabbitmq',
  storage: 'chat-app-minio',
  prometheus: 'chat-app-prometheus',
  logs: 'chat-app-logs',
} as const

/** Images of the platform. */
export const images = {
  // Those that operator 1.19 is certified with.
  pxc: 'docker.io/percona/percona-xtradb-cluster:8.4.7-7.1',
  haproxy: 'docker.io/percona/haproxy:2.8.17',
  pxcBackup: 'docker.io/percona/percona-xtrabackup:8.4.0-5.1',
  mysqlExporter: 'quay.io/prometheus/mysqld-exporter:v0.17.2',
  // 7.2 is the last release of Redis under its BSD licence.
  redis: 'quay.io/opstree/redis:v7.2.7',
  redisSentinel: 'quay.io/opstree/redis-sentinel:v7.2.7',
  rabbitmq: 'docker.io/library/rabbitmq:4.2.4-management',
  redisExporter: 'quay.io/opstree/redis-exporter:v1.44.0',
  // The last community releases that were published as images.
  minio: 'quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z',
  minioClient: 'quay.io/minio/mc:RELEASE.2025-08-13T08-35-41Z',
} as const

export const operator = {
  namespace: names.operatorNamespace,
  version,
  watchNamespaces: [names.chatApp.namespace],
  clusterNamespaces: [names.dataNamespace],
  resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
} as const

/** cert-manager, and the Ingress class that serves the HTTP-01 challenges of Let's Encrypt. */
export const certificates = {
  namespace: 'cert-manager',
  acme: { email: 'platform@chat-app.com', ingressClassName: 'haproxy' },
} as const

/** Random credentials that a Job makes in the cluster. */
export const generatedSecrets = { kind: 'generated' } as const

/** The documented maintenance window, Sunday 04:00 UTC. Only versions that these files name are installed. */
export const databaseMaintenance = { apply: 'disabled', schedule: '0 4 * * 0' } as const

/** Backups go to the MinIO of the same cluster; its certificate is signed by the cluster's own authority. */
export const databaseBackup = {
  image: images.pxcBackup,
  endpointUrl: 'https://minio.chat-app-storage.svc',
  verifyTls: false,
  region: 'us-east-1',
  credentialsSecret: 'mysql-backup-s3',
} as const

/** The Secret in the database's namespace with the password of Redis. */
export const redisPasswordSecret = 'redis-credentials'

/** The Secret in the database's namespace with the ChatApp's credentials for RabbitMQ. */
export const messagingSecret = 'rabbitmq-application'

/** Makes a ChatApp wait for the platform's database and Redis, and trust its certificate authority. */
export const clusterRefs = {
  database: {
    clusterRef: { kind: 'PerconaXtraDBCluster', name: names.database, namespace: names.dataNamespace },
    tls: { caSecretRef: { name: 'platform-trust' } },
  },
  redisCluster: {
    clusterRef: { kind: 'RedisCluster', name: names.redis, namespace: names.dataNamespace },
    tls: { caSecretRef: { name: 'platform-trust' } },
  },
} as const

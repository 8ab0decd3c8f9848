import type { PxcValues } from '../environment/database.ts'
import type { Environment } from '../environment/environment.ts'
import type { ExternalValues } from '../environment/storage.ts'

const resources = { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '500m', memory: '1Gi' } } as const

const chatApp = { name: 'chat', namespace: 'chat' } as const

const spec = {
  version: '1.0.0',
  exposure: {
    type: 'Ingress',
    hosts: { api: 'api.example.com', websocket: 'ws.example.com' },
    ingress: { className: 'haproxy', profile: 'haproxy' },
    tls: { issuerRef: { name: 'letsencrypt-prod' } },
  },
  database: {
    clusterRef: { kind: 'PerconaXtraDBCluster', name: 'db', namespace: 'data' },
    tls: { caSecretRef: { name: 'platform-trust' } },
  },
} as const

const operator = {
  namespace: 'ops',
  registry: 'registry.example.com',
  version: '1.0.0',
  replicas: 1,
  watchNamespaces: ['chat'],
  clusterNamespaces: ['data'],
  resources,
} as const

const acme = { email: 'platform@example.com', ingressClassName: 'haproxy' } as const

const database = {
  kind: 'pxc',
  name: 'db',
  crVersion: '1.19.0',
  image: 'docker.io/percona/pxc:8.4',
  size: 3,
  proxy: { kind: 'haproxy', image: 'docker.io/percona/haproxy:2.8', size: 2, resources },
  resources,
  storage: '20G',
  bufferPool: '512M',
  maintenance: { apply: 'disabled', schedule: '0 4 * * 0' },
  applicationUser: 'blue',
} as const satisfies PxcValues

const backup = {
  image: 'docker.io/percona/backup:8.4',
  bucket: 'chat-backups',
  endpointUrl: 'https://minio.files.svc',
  verifyTls: false,
  region: 'us-east-1',
  credentialsSecret: 'backup-keys',
  schedules: [{ name: 'daily', cron: '0 2 * * *', keep: 7 }],
} as const

const redis = {
  name: 'cache',
  image: 'docker.io/test/redis:7.2',
  resources,
  storage: '2Gi',
  passwordSecret: 'redis-password',
} as const

const messaging = {
  name: 'queues',
  image: 'docker.io/test/rabbitmq:4.2',
  size: 3,
  tls: true,
  resources: { ...resources, requests: { cpu: '100m', memory: '1Gi' } },
  storage: '4Gi',
  credentialsSecret: 'queues-user',
} as const

const storage = {
  kind: 'tenant',
  name: 'files',
  namespace: 'files',
  image: 'docker.io/test/minio:1.0',
  clientImage: 'docker.io/test/mc:1.0',
  buckets: { files: 'chat-files', oldVersionsDays: 7 },
  servers: 4,
  volumesPerServer: 1,
  volumeSize: '10Gi',
  resources,
  configurationSecret: 'files-root',
} as const

const monitoring = {
  name: 'watch',
  namespace: 'metrics',
  version: 'v3.5.0',
  replicas: 2,
  resources,
  storage: '100Gi',
  retention: '15d',
  retentionSize: '80GB',
  alertmanager: { version: 'v0.28.1', replicas: 2, resources, storage: '1Gi', configSecret: 'receivers' },
  runbookUrl: 'https://example.com/runbooks',
  kubeStateMetrics: 'kube-state-metrics.kube-system.svc:8080',
  certManager: 'cert-manager.cert-manager.svc:9402',
} as const

/** MariaDB and Redis as plain pods. */
export const small: Environment = {
  name: 'small',
  chatApp: { ...chatApp, spec: { version: spec.version } },
  operator: { ...operator, clusterNamespaces: [] },
  secrets: { kind: 'generated' },
  policies: { chatApps: 2, nodes: 3, warnOfOneReplica: false },
  dataNamespace: 'data',
  database: { kind: 'mariadb', image: 'docker.io/test/mariadb:10.11', storage: '1Gi', resources },
  redis: { kind: 'pods', image: 'docker.io/test/redis:7.0', storage: '1Gi', resources },
}

/** Operators run the stores, each with one pod. */
export const single: Environment = {
  ...small,
  name: 'single',
  chatApp: { ...chatApp, spec },
  operator,
  certificates: { namespace: 'cert-manager', acme },
  database: {
    ...database,
    size: 1,
    unsafe: { pxcSize: true, proxySize: true },
    proxy: { ...database.proxy, size: 1 },
  },
  redis: { kind: 'standalone', ...redis, tls: false },
  messaging: { ...messaging, size: 1 },
  storage: { ...storage, servers: 1 },
}

/** Several pods of each store, Redis with Sentinels, backups without the binary log, and monitoring. */
export const sentinel: Environment = {
  ...single,
  name: 'sentinel',
  database: { ...database, exporterImage: 'docker.io/test/exporter:1.0', backup },
  redis: {
    kind: 'sentinel',
    ...redis,
    exporterImage: 'docker.io/test/exporter:2.0',
    size: 3,
    sentinels: {
      image: 'docker.io/test/redis-sentinel:7.2',
      size: 3,
      quorum: 2,
      downAfterMs: 3000,
      failoverTimeoutMs: 9000,
      resources,
    },
  },
  messaging,
  storage,
  monitoring,
}

/**
 * Every part, in one cluster: a Redis Cluster with TLS, an encrypted database, its binary log, Vault, logs and an edge.
 */
export const full = {
  ...sentinel,
  name: 'full',
  chatApp: {
    ...chatApp,
    spec: {
      ...spec,
      api: { autoscaling: { minReplicas: 2, maxReplicas: 12 } },
      websocket: { replicas: 4 },
      redis: {
        clusterRef: { kind: 'RedisCluster', name: 'cache', namespace: 'data' },
        tls: { caSecretRef: { name: 'platform-trust' } },
      },
    },
  },
  certificates: { namespace: 'cert-manager', acme },
  secrets: {
    kind: 'vault',
    server: 'https://vault.example.com:8200',
    path: 'secret',
    authenticationPath: 'kubernetes',
    rolePrefix: 'role',
    databaseKeysPath: 'keys',
  },
  policies: {
    chatApps: 1,
    nodes: 3,
    warnOfOneReplica: true,
    access: { viewers: ['developers'], onCall: ['on-call'] },
  },
  database: {
    ...database,
    storageClassName: 'fast',
    vaultSecret: 'db-vault',
    exporterImage: 'docker.io/test/exporter:1.0',
    backup: { ...backup, uploadIntervalSeconds: 60 },
  },
  redis: {
    kind: 'cluster',
    ...redis,
    exporterImage: 'docker.io/test/exporter:2.0',
    size: 3,
    nodeTimeoutMs: 1500,
    tls: true,
  },
  messaging,
  storage: { ...storage, volumesPerServer: 2, buckets: { ...storage.buckets, binaryLogDays: 8 } },
  monitoring: { ...monitoring, storageClassName: 'fast' },
  logs: {
    name: 'logs',
    namespace: 'logs',
    version: '9.1.3',
    elasticsearch: { nodes: 3, resources, storage: '50Gi', storageClassName: 'fast' },
    kibana: { replicas: 1, resources },
    collector: { namespace: 'collectors', resources },
    keepDays: 14,
    indexSize: '10gb',
  },
  edge: {
    ingressClassName: 'haproxy',
    issuer: 'letsencrypt-prod',
    tlsBackend: { 'haproxy.org/server-ssl': 'true' },
    pages: { kibana: 'logs.example.com' },
  },
} as const satisfies Environment

/** The same in two regions, of which `east` takes the writes. */
export const regional: Environment = {
  ...full,
  name: 'regional',
  certificates: {
    namespace: 'cert-manager',
    acme: { email: acme.email, dns01: { provider: 'cloudflare', secret: 'dns-token' } },
  },
  edge: { ...full.edge, replication: { annotations: { 'haproxy.org/allow-list': '10.0.0.0/8' } } },
  database: { ...full.database, replication: { sourceRanges: ['10.0.0.0/8'] } },
  regions: {
    active: 'east',
    clusters: ['east', 'west'].map((name) => ({
      name,
      databaseHost: `db.${name}.example.com`,
      storageUrl: `https://files.${name}.example.com`,
    })),
  },
}

/** An S3 outside the platform, in place of the Tenant of an environment with Vault. */
export const externalStorage: ExternalValues = {
  kind: 'external',
  namespace: 'files',
  clientImage: 'docker.io/test/mc:1.0',
  endpoint: 'https://s3.example.com',
  region: 'eu-central-1',
  usersSecret: 'storage-users',
  buckets: { files: 'chat-files', oldVersionsDays: 7 },
}

/** An environment with an S3 outside the platform, which takes its backups too. */
export function withExternalStorage<T extends Environment>(
  environment: T,
  storage: ExternalValues = externalStorage,
): T {
  const { database } = environment
  const endpointUrl = storage.endpoint
  return {
    ...environment,
    storage,
    ...(database.kind === 'pxc' &&
      database.backup !== undefined && { database: { ...database, backup: { ...database.backup, endpointUrl } } }),
  }
}

/** Database, Redis, RabbitMQ and storage that somebody else runs, where the platform makes the users of the database. */
export const outsourced = {
  ...full,
  name: 'outsourced',
  chatApp: { ...chatApp, spec: { ...spec, database: {} } },
  operator: { ...operator, clusterNamespaces: [] },
  database: {
    kind: 'external',
    host: 'mysql.provider.example.com',
    caSecret: 'mysql-authority',
    users: {
      madeBy: 'platform',
      image: 'docker.io/test/mysql:8.4',
      administrator: 'admin',
      administratorSecret: 'mysql-administrator',
      application: 'green',
    },
    maxConnections: 2000,
  },
  redis: {
    kind: 'external',
    mode: 'cluster',
    endpoints: ['redis.provider.example.com:6379'],
    tls: true,
    login: 'password',
  },
  messaging: { kind: 'external', host: 'queues.provider.example.com' },
  storage: externalStorage,
} as const satisfies Environment

/** Each kind of each part is in one of them. */
export const environments: readonly Environment[] = [small, single, sentinel, full, regional, outsourced]

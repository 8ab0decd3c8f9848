import { dev, local, prod, staging, test as testing } from '../testing/environments/index.ts'
import { describe, expect, test } from 'vitest'
import { manifests } from '../bundle.ts'
import { clustersOf } from './clusters.ts'
import { EnvironmentError, type Environment } from '../environment/environment.ts'

/** The faults of an environment that has other values at some paths, such as `regions.clusters.1.name`. */
function faults(environment: Environment, changes: Readonly<Record<string, unknown>>): string[] {
  const values = structuredClone(environment)
  for (const [path, value] of Object.entries(changes)) set(values, path.split('.'), value)
  try {
    clustersOf(values).map(manifests)
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    return error.message.split('\n  ').slice(1)
  }
  return []
}

const GONE = Symbol('gone')

function set(values: object, [step = '', ...rest]: string[], value: unknown): void {
  const object = values as Record<string, unknown>
  if (rest.length > 0) set((object[step] ??= {}), rest, value)
  else if (value === GONE) delete object[step]
  else object[step] = value
}

type Case = readonly [Environment, Readonly<Record<string, unknown>>, string]

function refuses(what: string, cases: readonly Case[]): void {
  describe(`refused: ${what}`, () => {
    test.each(cases.map(([environment, changes, fault]) => [environment.name, changes, fault, environment] as const))(
      '%s with %j: %s',
      (_, changes, fault, environment) =>
        expect(faults(environment, changes)).toContainEqual(expect.stringContaining(fault)),
    )
  })
}

refuses('regions that would be one', [
  [
    prod,
    { 'regions.clusters.1.name': 'eu-central' },
    'regions.clusters[1].name: must differ from the other clusters: it names the folder of the cluster (it is "eu-central")',
  ],
  [
    prod,
    { 'regions.clusters.1.databaseHost': 'mysql.eu-central.chat-app.com' },
    'regions.clusters[1].databaseHost: must differ from the other clusters: a database would follow itself (it is "mysql.eu-central.chat-app.com")',
  ],
  [
    prod,
    { 'regions.clusters.1.storageUrl': 'https://storage.eu-central.chat-app.com' },
    'regions.clusters[1].storageUrl: must differ from the other clusters: a storage would replicate to itself (it is "https://storage.eu-central.chat-app.com")',
  ],
])

refuses('one host of two things', [
  [
    staging,
    { 'edge.pages.kibana': 'api.staging.chat-app.com' },
    'edge.pages.kibana: must not be a host of something else: api.staging.chat-app.com is that of chatApp.spec.exposure.hosts.api (it is "api.staging.chat-app.com")',
  ],
  [
    staging,
    { 'edge.pages.minio': 'logs.staging.chat-app.com' },
    'edge.pages.minio: must not be a host of something else: logs.staging.chat-app.com is that of edge.pages.kibana',
  ],
  [
    prod,
    { 'regions.clusters.1.storageUrl': 'https://eu-central.logs.chat-app.com' },
    'edge.pages.kibana: must not be a host of something else: eu-central.logs.chat-app.com is that of regions.clusters[1].storageUrl',
  ],
])

test('both services of the ChatApp may answer at one host', () => {
  expect(faults(dev, { 'chatApp.spec.exposure.hosts.websocket': 'api.dev.chat-app.com' })).toEqual([])
})

refuses('buckets and backups that harm each other', [
  [
    staging,
    { 'database.backup.bucket': 'chat-app-staging-files' },
    'database.backup.bucket: must not be storage.buckets.files: the application may read and delete what is in that (it is "chat-app-staging-files")',
  ],
  [
    staging,
    { 'storage.buckets.binaryLogDays': 1 },
    'storage.buckets.binaryLogDays: must be at least 2: full backups are up to 1 day apart, and the log must reach from one beyond the next (it is 1)',
  ],
  [
    staging,
    { 'database.backup.schedules': [{ name: 'monthly', cron: '0 4 1 * *', keep: 12 }] },
    'storage.buckets.binaryLogDays: must be at least 32: full backups are up to 31 days apart',
  ],
  [
    staging,
    { 'database.backup.endpointUrl': 'https://minio.elsewhere.svc' },
    'database.backup.endpointUrl: must be https://minio.chat-app-storage.svc: the bucket and its keys are made in the Tenant of storage',
  ],
  [testing, { storage: GONE }, 'storage: must be there for database.backup: the bucket and its keys are made with it'],
])

refuses('more asked for than may be used', [
  [
    prod,
    { 'database.resources.requests.memory': '8G' },
    'database.resources.requests.memory: must not be more than the limit, which is "4G": Kubernetes refuses such pods (it is "8G")',
  ],
  [
    prod,
    { 'database.resources.requests.cpu': '3' },
    'database.resources.requests.cpu: must not be more than the limit',
  ],
  [
    prod,
    { 'redis.resources.requests.memory': '3Gi' },
    'redis.resources.requests.memory: must not be more than the limit',
  ],
  [local, { 'operator.resources.requests.cpu': '2' }, 'operator.resources.requests.cpu: must not be more than'],
])

describe('certificates that nobody issues', () => {
  refuses('each', [
    [
      dev,
      { certificates: GONE, 'messaging.tls': false },
      'certificates: must be there for TLS: cert-manager makes what these fields need: chatApp.spec.database.tls, chatApp.spec.exposure.tls.issuerRef',
    ],
    [
      staging,
      { 'certificates.acme': GONE },
      'certificates.acme: must be there for chatApp.spec.exposure.tls.issuerRef (letsencrypt-prod) and edge.issuer (letsencrypt-prod): nobody else makes this issuer',
    ],
    [
      dev,
      { 'certificates.acme': GONE },
      'certificates.acme: must be there for chatApp.spec.exposure.tls.issuerRef (letsencrypt-staging)',
    ],
  ])

  test('but dev without any TLS needs none', () => {
    const without = { certificates: GONE, 'messaging.tls': false, 'chatApp.spec.exposure.tls': GONE }
    expect(faults(dev, { ...without, 'chatApp.spec.database.tls': GONE })).toEqual([])
  })

  test('and the issuers that are made are those that are known', () => {
    const issuers = clustersOf(dev)
      .flatMap(manifests)
      .flatMap(({ objects }) => objects)
      .filter(({ kind, metadata: { name } }) => kind === 'ClusterIssuer' && name.startsWith('letsencrypt'))
    expect(issuers.length).toBeGreaterThan(0)
    for (const { metadata } of issuers)
      expect(
        faults(dev, { 'certificates.acme': GONE, 'chatApp.spec.exposure.tls.issuerRef.name': metadata.name }),
      ).toHaveLength(1)
  })
})

refuses('sizes and hosts that cannot be meant', [
  [
    prod,
    { 'database.storage': '0' },
    'database.storage: must be 100M to 1024Ti: beyond that a unit is missing or wrong (it is "0")',
  ],
  [prod, { 'database.storage': '1k' }, 'database.storage: must be 100M to 1024Ti'],
  [prod, { 'monitoring.storage': '100' }, 'monitoring.storage: must be 100M to 1024Ti'],
  [local, { 'database.resources.limits.memory': '768m' }, 'must be an amount such as 512Mi or 2Gi'],
  [local, { 'database.resources.limits.cpu': '2000' }, 'database.resources.limits.cpu: must be 1m to 512'],
  [prod, { 'monitoring.retentionSize': '200GB' }, 'monitoring.retentionSize: must be at most 85 % of storage'],
  [prod, { 'logs.indexSize': '200gb' }, 'logs.indexSize: must be less than elasticsearch.storage'],
  [prod, { 'storage.storageClassName': 'Bad Name' }, 'storage.storageClassName: must be lower-case letters'],
  [prod, { 'monitoring.storageClassName': 'Bad Name' }, 'monitoring.storageClassName: must be lower-case letters'],
  [
    prod,
    { 'monitoring.kubeStateMetrics': 'a.b.svc:70000' },
    'monitoring.kubeStateMetrics: must have a port of 1 to 65535',
  ],
  [
    prod,
    { 'monitoring.kubeStateMetrics': 'http://a.b.svc:80' },
    'monitoring.kubeStateMetrics: must be the host and port',
  ],
  [
    prod,
    { 'monitoring.certManager': 'cert-manager.example.com:9402' },
    'monitoring.certManager: must be the host and port of a Service of this cluster, such as name.namespace.svc:8080',
  ],
  [
    prod,
    { 'monitoring.kubeStateMetrics': 'kube-state-metrics.monitoring.svc:8080' },
    'monitoring.kubeStateMetrics: must be a Service of another namespace: monitoring is monitoring.namespace, whose borders are closed',
  ],
  [
    prod,
    { 'regions.clusters.0.databaseHost': 'MYSQL.x.com' },
    'regions.clusters[0].databaseHost: must be a full DNS name',
  ],
  [
    prod,
    { 'database.replication.sourceRanges': ['0.0.0.0/0'] },
    'database.replication.sourceRanges[0]: must be /8 or less wide',
  ],
  [
    prod,
    { 'database.replication.sourceRanges': ['::/0'] },
    'database.replication.sourceRanges[0]: must be /8 or less wide (/7 for IPv6)',
  ],
  [
    prod,
    { 'database.replication.sourceRanges': ['10.0.0.0/8', '10.0.0.0/8'] },
    'sourceRanges[1]: must stand in the list only once',
  ],
  [prod, { 'database.image': 'https://x/y:1' }, 'database.image: must be an image with its tag'],
  [prod, { 'operator.version': 'not a release' }, 'operator.version: must be a release such as 1.4.2'],
  [
    prod,
    { 'policies.access.onCall': ['system:unauthenticated'] },
    'policies.access.onCall[0]: must be a group of people',
  ],
])

refuses('names that another has', [
  [
    dev,
    { 'messaging.name': 'chat-app-redis' },
    'messaging.name: must be another name: the Service "chat-app-redis" of another part stands in its namespace (it is "chat-app-redis")',
  ],
  [prod, { 'messaging.name': 'chat-app-redis' }, 'messaging.name: must be another name: the Service "chat-app-redis"'],
  [prod, { 'redis.name': 'chat-app-mysql' }, 'redis.name: must be another name: the Service "chat-app-mysql"'],
  [
    prod,
    { 'redis.name': 'chat-app-mysql-haproxy' },
    'redis.name: must be another name: the Service "chat-app-mysql-haproxy"',
  ],
  [prod, { 'storage.name': 'chat-app-redis' }, 'storage.name: must be another name: the monitor "chat-app-redis"'],
  [prod, { 'redis.name': 'kubelet' }, 'redis.name: must be another name: the monitor "kubelet"'],
  [
    prod,
    { 'messaging.credentialsSecret': 'mysql-secrets' },
    'messaging.credentialsSecret: must be another name: the Secret "mysql-secrets"',
  ],
  [
    prod,
    { 'redis.passwordSecret': 'mysql-secrets' },
    'redis.passwordSecret: must be another name: the Secret "mysql-secrets"',
  ],
  [
    prod,
    { 'monitoring.alertmanager.configSecret': 'jwt-secret' },
    'monitoring.alertmanager.configSecret: must be another name: the Secret "jwt-secret" is of another part',
  ],
  [
    prod,
    { 'storage.configurationSecret': 'minio-users' },
    'storage.configurationSecret: must be another name: the Secret "minio-users"',
  ],
  [prod, { dataNamespace: 'kube-system' }, 'dataNamespace: must not be a namespace of Kubernetes itself'],
  [
    prod,
    { 'operator.watchNamespaces': ['chat-app', 'kube-system'] },
    'operator.watchNamespaces[1]: must not be a namespace of Kubernetes itself',
  ],
  [
    prod,
    { 'operator.watchNamespaces': ['chat-app', 'monitoring'] },
    'operator.watchNamespaces[1]: must be a namespace for ChatApps, not monitoring.namespace',
  ],
  [
    prod,
    { dataNamespace: 'cert-manager' },
    'certificates.namespace: must not be a namespace of another part (it is "cert-manager")',
  ],
])

refuses('what is named and is not there', [
  [
    dev,
    { 'operator.watchNamespaces': ['shop'] },
    'operator.watchNamespaces: must have chatApp.namespace, chat-app: nobody would look after the ChatApp (it is ["shop"])',
  ],
  [
    dev,
    { 'operator.clusterNamespaces': [] },
    'operator.clusterNamespaces: must have chat-app-db, the namespace of chatApp.spec.database.clusterRef',
  ],
  [
    dev,
    { 'database.name': 'other' },
    'chatApp.spec.database.clusterRef: must name other in chat-app-db: the ChatApp would wait for another PerconaXtraDBCluster',
  ],
  [
    dev,
    { 'chatApp.spec.redis.clusterRef': prod.chatApp.spec.redis?.clusterRef },
    'chatApp.spec.redis.clusterRef: must not be there: the redis of this environment is of kind standalone, which is no RedisCluster',
  ],
])

describe('what is not even a value', () => {
  const cycle: Record<string, unknown> = {}
  cycle['itself'] = cycle
  refuses('each', [
    [dev, { 'database.size': Number.NaN }, 'database.size: must be plain data, not NaN'],
    [
      dev,
      { 'chatApp.spec.api.podTemplate': cycle },
      'chatApp.spec.api.podTemplate.itself: must be plain data, not an object that contains itself',
    ],
    [dev, { 'chatApp.spec.version': () => 'x' }, 'chatApp.spec.version: must be plain data, not a function'],
    [dev, { 'database.storage': new Date(0) }, 'database.storage: must be plain data, not a "Date"'],
    [
      dev,
      { 'chatApp.spec.api.resources.limits.memory': [] },
      'chatApp.spec.api.resources.limits.memory: must be a number or a text (it is [])',
    ],
    [dev, { 'chatApp.spec': null }, 'chatApp.spec: must be an object with keys (it is null)'],
    [dev, { 'operator.watchNamespaces': {} }, 'operator.watchNamespaces: must be a list (it is {})'],
    [dev, { 'operator.image': undefined }, 'operator.image: must be there: a text'],
    [
      dev,
      { 'redis.kind': 'memcached' },
      'redis.kind: must be "pods", "standalone", "sentinel" or "cluster" (it is "memcached")',
    ],
    [
      dev,
      { 'chatApp.spec.database.clusterRef.namespace': 'a\nb' },
      'operator.clusterNamespaces: must have a\\u{a}b, the namespace of',
    ],
    [dev, { chatApp: null }, 'chatApp: must be an object with keys (it is null)'],
    [dev, { 'chatApp.name': 'constructor' }, 'chatApp.name: must be another name than this one'],
    [
      dev,
      { name: 'a\u202eb' },
      'name: must be lower-case letters, digits and -, and begin with a letter (it is "a\\u{202e}b")',
    ],
    [
      prod,
      { 'edge.pages': JSON.parse('{"__proto__":"a.b.com"}') as object },
      'edge.pages: must be plain data, not an object with a key __proto__',
    ],
    [dev, { 'a\nb': 1 }, '["a\\nb"]: there is no such key'],
    [prod, { 'edge.pages.constructor': 'a.b.com' }, 'edge.pages.constructor: there is no such key'],
  ])

  test.each([null, undefined, 5, 'prod', []])('in place of an environment: %j', (values) => {
    expect(() => clustersOf(values as never)).toThrow(EnvironmentError)
  })
})

refuses('a key that there is not', [
  [dev, { 'secrets.server': 'https://vault' }, 'secrets.server: must not be there: it is a key of kind vault only'],
  [prod, { 'redis.sentinels': {} }, 'redis.sentinels: must not be there: it is a key of kind sentinel only'],
  [prod, { 'edge.pages.kibna': 'a.b.com' }, 'edge.pages.kibna: there is no such key; did you mean "kibana"?'],
  [prod, { 'secrets.sever': 'x' }, 'secrets.sever: there is no such key; did you mean "server"?'],
  [dev, { 'chatApp.spec.api.replica': 1 }, 'chatApp.spec.api.replica: there is no such key; did you mean "replicas"?'],
])

test('all that is wrong is said at once, one line each', () => {
  const found = faults(prod, {
    typo: 1,
    'database.size': '3',
    'regions.clusters.1.name': 'eu-central',
    'chatApp.spec.version': 'not a tag',
    'edge.pages.minio': 'logs.chat-app.com',
    'redis.image': 'redis',
  })
  expect(found.map((fault) => fault.split(':')[0]).toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual([
    'chatApp.spec.version',
    'database.size',
    'edge.pages.minio',
    'redis.image',
    'regions.clusters[1].name',
    'typo',
  ])
})

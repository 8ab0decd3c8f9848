import { single, small, regional, full, sentinel, outsourced } from '../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { manifests } from '../bundle.ts'
import { clustersOf } from './clusters.ts'
import { EnvironmentError, type Environment } from '../environment/environment.ts'

/** The faults of an environment with changed values, by paths such as `regions.clusters.1.name`. */
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

function rejects(what: string, cases: readonly Case[]): void {
  describe(`rejected: ${what}`, () => {
    test.each(cases.map(([environment, changes, fault]) => [environment.name, changes, fault, environment] as const))(
      '%s with %j: %s',
      (_, changes, fault, environment) =>
        expect(faults(environment, changes)).toContainEqual(expect.stringContaining(fault)),
    )
  })
}

rejects('regions with the same values', [
  [
    regional,
    { 'regions.clusters.1.name': 'east' },
    'regions.clusters[1].name: must differ from the other clusters: it names the folder of the cluster (it is "east")',
  ],
  [
    regional,
    { 'regions.clusters.1.databaseHost': 'db.east.example.com' },
    'regions.clusters[1].databaseHost: must differ from the other clusters: a database would replicate from itself (it is "db.east.example.com")',
  ],
  [
    regional,
    { 'regions.clusters.1.storageUrl': 'https://files.east.example.com' },
    'regions.clusters[1].storageUrl: must differ from the other clusters: a storage would replicate to itself (it is "https://files.east.example.com")',
  ],
])

rejects('a host of two parts', [
  [
    full,
    { 'edge.pages.kibana': 'api.example.com' },
    'edge.pages.kibana: must differ from chatApp.spec.exposure.hosts.api, which has the host api.example.com (it is "api.example.com")',
  ],
  [
    full,
    { 'edge.pages.minio': 'logs.example.com' },
    'edge.pages.minio: must differ from edge.pages.kibana, which has the host logs.example.com',
  ],
  [
    regional,
    { 'regions.clusters.1.storageUrl': 'https://east.logs.example.com' },
    'edge.pages.kibana: must differ from regions.clusters[1].storageUrl, which has the host east.logs.example.com',
  ],
])

test('both services of the ChatApp may share a host', () => {
  expect(faults(single, { 'chatApp.spec.exposure.hosts.websocket': 'api.example.com' })).toEqual([])
})

rejects('buckets and backups that do not fit together', [
  [
    full,
    { 'database.backup.bucket': 'chat-files' },
    'database.backup.bucket: must not be storage.buckets.files: the application can read and delete the objects of that bucket (it is "chat-files")',
  ],
  [
    full,
    { 'storage.buckets.binaryLogDays': 1 },
    'storage.buckets.binaryLogDays: must be at least 2: full backups are up to 1 day apart, and the binary log must reach from one past the next (it is 1)',
  ],
  [
    full,
    { 'database.backup.schedules': [{ name: 'monthly', cron: '0 4 1 * *', keep: 12 }] },
    'storage.buckets.binaryLogDays: must be at least 32: full backups are up to 31 days apart',
  ],
  [
    full,
    { 'database.backup.endpointUrl': 'https://minio.elsewhere.svc' },
    'database.backup.endpointUrl: must be https://minio.files.svc: the bucket and its keys are made in the Tenant of storage',
  ],
  [
    sentinel,
    { storage: GONE },
    'storage: must be set for database.backup: the platform makes the bucket and its keys in it',
  ],
])

rejects('requests above limits', [
  [
    regional,
    { 'database.resources.requests.memory': '2Gi' },
    'database.resources.requests.memory: must not exceed the limit, which is "1Gi": Kubernetes rejects such pods (it is "2Gi")',
  ],
  [regional, { 'database.resources.requests.cpu': '3' }, 'database.resources.requests.cpu: must not exceed the limit'],
  [
    regional,
    { 'redis.resources.requests.memory': '3Gi' },
    'redis.resources.requests.memory: must not exceed the limit',
  ],
  [small, { 'operator.resources.requests.cpu': '2' }, 'operator.resources.requests.cpu: must not exceed'],
])

describe('certificates without an issuer', () => {
  rejects('each', [
    [
      single,
      { certificates: GONE, 'messaging.tls': false },
      'certificates: must be set for TLS: cert-manager issues the certificates for chatApp.spec.database.tls, chatApp.spec.exposure.tls.issuerRef',
    ],
    [
      full,
      { 'certificates.acme': GONE },
      'certificates.acme: must be set for chatApp.spec.exposure.tls.issuerRef (letsencrypt-prod) and edge.issuer (letsencrypt-prod): the platform makes this issuer from it',
    ],
    [
      single,
      { 'certificates.acme': GONE },
      'certificates.acme: must be set for chatApp.spec.exposure.tls.issuerRef (letsencrypt-prod)',
    ],
  ])

  test('but an environment without TLS needs none', () => {
    const without = { certificates: GONE, 'messaging.tls': false, 'chatApp.spec.exposure.tls': GONE }
    expect(faults(single, { ...without, 'chatApp.spec.database.tls': GONE })).toEqual([])
  })

  test('and the rule knows the issuers that are made', () => {
    const issuers = clustersOf(single)
      .flatMap(manifests)
      .flatMap(({ objects }) => objects)
      .filter(({ kind, metadata: { name } }) => kind === 'ClusterIssuer' && name.startsWith('letsencrypt'))
    expect(issuers.length).toBeGreaterThan(0)
    for (const { metadata } of issuers)
      expect(
        faults(single, { 'certificates.acme': GONE, 'chatApp.spec.exposure.tls.issuerRef.name': metadata.name }),
      ).toHaveLength(1)
  })
})

rejects('invalid sizes and hosts', [
  [regional, { 'database.storage': '0' }, 'database.storage: must be 100M to 1024Ti: check the unit (it is "0")'],
  [regional, { 'database.storage': '1k' }, 'database.storage: must be 100M to 1024Ti'],
  [regional, { 'monitoring.storage': '100' }, 'monitoring.storage: must be 100M to 1024Ti'],
  [small, { 'database.resources.limits.memory': '768m' }, 'must be an amount such as 512Mi or 2Gi'],
  [small, { 'database.resources.limits.cpu': '2000' }, 'database.resources.limits.cpu: must be 1m to 512'],
  [regional, { 'monitoring.retentionSize': '200GB' }, 'monitoring.retentionSize: must be at most 85 % of storage'],
  [regional, { 'logs.indexSize': '200gb' }, 'logs.indexSize: must be less than elasticsearch.storage'],
  [regional, { 'storage.storageClassName': 'Bad Name' }, 'storage.storageClassName: must be lower-case letters'],
  [regional, { 'monitoring.storageClassName': 'Bad Name' }, 'monitoring.storageClassName: must be lower-case letters'],
  [
    regional,
    { 'monitoring.kubeStateMetrics': 'a.b.svc:70000' },
    'monitoring.kubeStateMetrics: must have a port of 1 to 65535',
  ],
  [
    regional,
    { 'monitoring.kubeStateMetrics': 'http://a.b.svc:80' },
    'monitoring.kubeStateMetrics: must be the host and port',
  ],
  [
    regional,
    { 'monitoring.certManager': 'cert-manager.example.com:9402' },
    'monitoring.certManager: must be the host and port of a Service of this cluster, such as name.namespace.svc:8080',
  ],
  [
    regional,
    { 'monitoring.kubeStateMetrics': 'kube-state-metrics.metrics.svc:8080' },
    'monitoring.kubeStateMetrics: must be a Service outside the platform: metrics is monitoring.namespace',
  ],
  [
    regional,
    { 'regions.clusters.0.databaseHost': 'MYSQL.x.com' },
    'regions.clusters[0].databaseHost: must be a full DNS name',
  ],
  [
    regional,
    { 'database.replication.sourceRanges': ['0.0.0.0/0'] },
    'database.replication.sourceRanges[0]: must be /8 or narrower',
  ],
  [
    regional,
    { 'database.replication.sourceRanges': ['::/0'] },
    'database.replication.sourceRanges[0]: must be /8 or narrower (/7 for IPv6)',
  ],
  [
    regional,
    { 'database.replication.sourceRanges': ['10.0.0.0/8', '10.0.0.0/8'] },
    'sourceRanges[1]: must not repeat an earlier entry',
  ],
  [regional, { 'database.image': 'https://x/y:1' }, 'database.image: must begin with the host of its registry'],
  [regional, { 'operator.version': 'not a release' }, 'operator.version: must be a release such as 1.4.2'],
  [
    regional,
    { 'policies.access.onCall': ['system:unauthenticated'] },
    'policies.access.onCall[0]: must be a group of users',
  ],
])

rejects('names of other objects', [
  [
    single,
    { 'messaging.name': 'cache' },
    'messaging.name: must be unique: another part has the Service "cache" in the same namespace (it is "cache")',
  ],
  [regional, { 'messaging.name': 'cache' }, 'messaging.name: must be unique: another part has the Service "cache"'],
  [regional, { 'redis.name': 'db' }, 'redis.name: must be unique: another part has the Service "db"'],
  [regional, { 'redis.name': 'db-haproxy' }, 'redis.name: must be unique: another part has the Service "db-haproxy"'],
  [regional, { 'storage.name': 'cache' }, 'storage.name: must be unique: another part has the monitor "cache"'],
  [regional, { 'redis.name': 'kubelet' }, 'redis.name: must be unique: another part has the monitor "kubelet"'],
  [
    regional,
    { 'messaging.credentialsSecret': 'mysql-secrets' },
    'messaging.credentialsSecret: must be unique: another part has the Secret "mysql-secrets"',
  ],
  [
    regional,
    { 'redis.passwordSecret': 'mysql-secrets' },
    'redis.passwordSecret: must be unique: another part has the Secret "mysql-secrets"',
  ],
  [
    regional,
    { 'monitoring.alertmanager.configSecret': 'jwt-secret' },
    'monitoring.alertmanager.configSecret: must be unique: another part has the Secret "jwt-secret"',
  ],
  [
    regional,
    { 'storage.configurationSecret': 'minio-users' },
    'storage.configurationSecret: must be unique: another part has the Secret "minio-users"',
  ],
  [regional, { dataNamespace: 'kube-system' }, 'dataNamespace: must not be a namespace of Kubernetes itself'],
  [
    regional,
    { 'operator.watchNamespaces': ['chat', 'kube-system'] },
    'operator.watchNamespaces[1]: must not be a namespace of Kubernetes itself',
  ],
  [
    regional,
    { 'operator.watchNamespaces': ['chat', 'metrics'] },
    'operator.watchNamespaces[1]: must be a namespace for ChatApps, not monitoring.namespace',
  ],
  [
    regional,
    { dataNamespace: 'cert-manager' },
    'certificates.namespace: must not be the namespace of another part (it is "cert-manager")',
  ],
])

rejects('references that do not match', [
  [
    single,
    { 'operator.watchNamespaces': ['shop'] },
    'operator.watchNamespaces: must include chatApp.namespace, chat: otherwise no operator reconciles the ChatApp (it is ["shop"])',
  ],
  [
    single,
    { 'operator.clusterNamespaces': [] },
    'operator.clusterNamespaces: must include data, the namespace of chatApp.spec.database.clusterRef',
  ],
  [
    single,
    { 'database.name': 'other' },
    'chatApp.spec.database.clusterRef: must name other in data: the ChatApp would wait for a PerconaXtraDBCluster that the platform does not make',
  ],
  [
    single,
    { 'chatApp.spec.redis.clusterRef': regional.chatApp.spec.redis?.clusterRef },
    'chatApp.spec.redis.clusterRef: must not be set: the redis of this environment is of kind standalone, not a RedisCluster',
  ],
])

rejects('servers outside the platform', [
  [outsourced, { 'database.host': 'mysql' }, 'database.host: must be a full DNS name'],
  [outsourced, { 'database.host': 'https://mysql.example.com' }, 'database.host: must be a full DNS name'],
  [outsourced, { 'database.port': 70_000 }, 'database.port: must be at most 65535 (it is 70000)'],
  [outsourced, { 'database.caSecret': GONE }, 'database.caSecret: must be set where the platform makes the users'],
  [
    outsourced,
    { 'database.users.administrator': "a'; DROP" },
    'database.users.administrator: must be the name of a user of MySQL',
  ],
  [
    outsourced,
    { 'database.users.madeBy': 'me' },
    'database.users.madeBy: must be "platform" or "provider" (it is "me")',
  ],
  [
    outsourced,
    { 'database.users': { madeBy: 'provider', image: 'x' } },
    'database.users.image: must not be there: it is a key of madeBy platform only',
  ],
  [outsourced, { 'database.maxConnections': 100 }, 'chatApp.spec.websocket: must have a lower maximum of pods'],
  [
    outsourced,
    { 'database.users.administratorSecret': 'mysql-authority' },
    'database.users.administratorSecret: must be unique: another part has the Secret "mysql-authority"',
  ],
  [outsourced, { 'database.caSecret': 'db-credentials' }, 'database.caSecret: must be unique'],
  [outsourced, { 'database.caSecret': 'redis-credentials' }, 'database.caSecret: must be unique'],
  [outsourced, { 'database.caSecret': 'platform-trust' }, 'database.caSecret: must be unique'],
  [
    outsourced,
    { 'chatApp.spec.database': full.chatApp.spec.database },
    'chatApp.spec.database.clusterRef: must not be set: the database of this environment is of kind external',
  ],
  [
    outsourced,
    { 'chatApp.spec.database.tls': { caSecretRef: { name: 'platform-trust' } } },
    'chatApp.spec.database.tls: must be left out: database is external, and database.caSecret says which Secret',
  ],
  [
    outsourced,
    { 'chatApp.spec.redis.tls': { caSecretRef: { name: 'other' } } },
    'chatApp.spec.redis.tls: must be left out: redis is external',
  ],
  [outsourced, { secrets: { kind: 'generated' } }, 'secrets.kind: must be vault where database is external'],
  [
    { ...small, messaging: outsourced.messaging },
    {},
    'secrets.kind: must be vault where messaging is external: its credentials come from whoever runs it',
  ],
  [outsourced, { 'messaging.host': 'queues' }, 'messaging.host: must be a full DNS name'],
  [outsourced, { 'messaging.size': 3 }, 'messaging.size: must not be there: it is a key of'],
  [outsourced, { 'messaging.kind': 'kafka' }, 'messaging.kind: must be'],
  [outsourced, { 'redis.endpoints': [] }, 'redis.endpoints: must have at least 1'],
  [outsourced, { 'redis.endpoints': ['redis.example.com'] }, 'redis.endpoints[0]: must be a host and a port'],
  [outsourced, { 'redis.endpoints': ['rediss://a.b:1'] }, 'redis.endpoints[0]: must be a host and a port'],
  [outsourced, { 'redis.endpoints': ['a.b:70000'] }, 'redis.endpoints[0]: must have a port of 1 to 65535'],
  [
    outsourced,
    { 'redis.mode': 'single', 'redis.endpoints': ['a.b:1', 'c.d:1'] },
    'redis.endpoints: must have one entry: more than one are nodes of a cluster',
  ],
  [outsourced, { 'redis.tls': false }, 'redis.tls: must be true with a password, which would be sent in the clear'],
  [
    outsourced,
    { 'redis.tls': false, 'redis.login': 'none', 'redis.caSecret': 'redis-authority' },
    'redis.caSecret: must not be set without tls',
  ],
  [outsourced, { 'redis.exporterImage': 'x' }, 'redis.exporterImage: must not be there: it is a key of'],
  [
    regional,
    { redis: outsourced.redis },
    'redis.kind: must not be external in an environment of several regions: each needs a Redis of its own',
  ],
  [regional, { database: outsourced.database }, 'database.replication: must be set, on a database of kind pxc'],
  [full, { redis: outsourced.redis }, 'chatApp.spec.redis.clusterRef: must not be set'],
])

describe('values that are not plain data', () => {
  const cycle: Record<string, unknown> = {}
  cycle['itself'] = cycle
  rejects('each', [
    [single, { 'database.size': Number.NaN }, 'database.size: must be plain data, not NaN'],
    [
      single,
      { 'chatApp.spec.api.podTemplate': cycle },
      'chatApp.spec.api.podTemplate.itself: must be plain data, not an object that contains itself',
    ],
    [single, { 'chatApp.spec.version': () => 'x' }, 'chatApp.spec.version: must be plain data, not a function'],
    [single, { 'database.storage': new Date(0) }, 'database.storage: must be plain data, not a "Date"'],
    [
      single,
      { 'chatApp.spec.api.resources.limits.memory': [] },
      'chatApp.spec.api.resources.limits.memory: must be a number or a string (it is [])',
    ],
    [single, { 'chatApp.spec': null }, 'chatApp.spec: must be an object (it is null)'],
    [single, { 'operator.watchNamespaces': {} }, 'operator.watchNamespaces: must be a list (it is {})'],
    [single, { 'operator.version': undefined }, 'operator.version: must be set: a string'],
    [
      single,
      { 'redis.kind': 'memcached' },
      'redis.kind: must be "pods", "standalone", "sentinel", "cluster" or "external" (it is "memcached")',
    ],
    [
      single,
      { 'chatApp.spec.database.clusterRef.namespace': 'a\nb' },
      'operator.clusterNamespaces: must include a\\u{a}b, the namespace of',
    ],
    [single, { chatApp: null }, 'chatApp: must be an object (it is null)'],
    [single, { 'chatApp.name': 'constructor' }, 'chatApp.name: must not be "constructor"'],
    [
      single,
      { name: 'a\u202eb' },
      'name: must be lower-case letters, digits and -, and begin with a letter (it is "a\\u{202e}b")',
    ],
    [
      regional,
      { 'edge.pages': JSON.parse('{"__proto__":"a.b.com"}') as object },
      'edge.pages: must be plain data, not an object with a key __proto__',
    ],
    [single, { 'a\nb': 1 }, '["a\\nb"]: there is no such key'],
    [regional, { 'edge.pages.constructor': 'a.b.com' }, 'edge.pages.constructor: there is no such key'],
  ])

  test.each([null, undefined, 5, 'prod', []])('in place of an environment: %j', (values) => {
    expect(() => clustersOf(values as never)).toThrow(EnvironmentError)
  })
})

rejects('unknown keys', [
  [single, { 'secrets.server': 'https://vault' }, 'secrets.server: must not be there: it is a key of kind vault only'],
  [regional, { 'redis.sentinels': {} }, 'redis.sentinels: must not be there: it is a key of kind sentinel only'],
  [regional, { 'edge.pages.kibna': 'a.b.com' }, 'edge.pages.kibna: there is no such key; did you mean "kibana"?'],
  [regional, { 'secrets.sever': 'x' }, 'secrets.sever: there is no such key; did you mean "server"?'],
  [
    single,
    { 'chatApp.spec.api.replica': 1 },
    'chatApp.spec.api.replica: there is no such key; did you mean "replicas"?',
  ],
])

test('all faults are reported at once, one line each', () => {
  const found = faults(regional, {
    typo: 1,
    'database.size': '3',
    'regions.clusters.1.name': 'east',
    'chatApp.spec.version': 'not a tag',
    'edge.pages.minio': 'logs.example.com',
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

import { describe, expect, test } from 'vitest'
import { one, podOf, type Loose } from '@chat-app/chat/testing'
import { applied, manifests } from '../bundle.ts'
import { activeCluster } from '../check/clusters.ts'
import type { Environment } from '../environment/environment.ts'
import { EnvironmentError } from '../environment/environment.ts'
import { environments, full, small } from '../testing/environments.ts'
import { policiesOf } from '../testing/properties.ts'
import { imagesOf } from '../testing/shape.ts'

type Custom = Partial<Environment>

const objectsOf = (values: Custom, of: Environment = full): Loose[] => applied(activeCluster({ ...of, ...values }))

/** The message for an environment with these values. */
function refused(values: object, of: Environment = full): string {
  try {
    manifests(activeCluster({ ...of, ...values }))
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message
    throw error
  }
  return ''
}

describe('images', () => {
  test.each(environments)('of $name all come from the mirror, also those that operators make', (environment) => {
    const values = { images: { mirror: 'mirror.example.com/all' } }
    const files = manifests(activeCluster({ ...environment, ...values }))
    const objects = files.flatMap(({ objects }) => objects)
    const images = imagesOf(objects)
    expect(images.length).toBeGreaterThan(5)
    expect(images.filter((image) => !image.startsWith('mirror.example.com/all/'))).toEqual([])
    for (const kind of ['Prometheus', 'Alertmanager', 'Elasticsearch', 'Kibana', 'Beat'])
      for (const object of objects.filter((each) => each.kind === kind) as Loose[])
        expect(object.spec.image, kind).toMatch(/^mirror\.example\.com\/all\//)
    const database = (objects as Loose[]).find(({ kind }) => kind === 'PerconaXtraDBCluster')
    const helper = `mirror.example.com/all/percona/percona-xtradb-cluster-operator:${database?.spec.crVersion}`
    expect([undefined, helper]).toContain(database?.spec.initContainer.image)
  })

  test('of the project come from one registry, with the release of the values', () => {
    const { registry: _, ...operator } = full.operator
    const objects = objectsOf({ operator, images: { registry: 'registry.corp.example:5000/chat' } })
    const [container] = podOf(one(objects, 'Deployment', 'chat-app-operator')).containers
    expect(container.image).toBe(`registry.corp.example:5000/chat/operator:${full.operator.version}`)
    expect(one(objects, 'ChatApp', 'chat').spec.images).toEqual({ registry: 'registry.corp.example:5000/chat' })
  })

  test.each(environments)('of $name are pulled with the Secret', (environment) => {
    const objects = objectsOf({ images: { pullSecret: 'login' } }, environment)
    const named = (object: Loose) =>
      JSON.stringify(object).match(/"imagePullSecrets?":(\[\{"name":"login"\}\]|\{"name":"login"\})/g)
    const withPods = objects.filter(({ kind }) => PULLING.has(kind))
    expect(
      withPods.filter((object) => named(object) === null).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ).toEqual([])
    expect(one(objects, 'ChatApp', 'chat').spec.images.pullSecrets).toEqual([{ name: 'login' }])
    // What has an image, and so pods, is in the list above.
    const others = objects.filter(({ kind, ...fields }) => !PULLING.has(kind) && imagesOf(fields).length > 0)
    expect(others.map(({ kind }) => kind)).toEqual([])
  })

  test.each([
    [{ mirror: 'https://mirror.example.com' }, 'images.mirror: must be the host of a registry'],
    [{ mirror: 'mirror.example.com/all/' }, 'images.mirror: must be the host of a registry'],
    [{ registry: 'percona' }, 'images.registry: must be the host of a registry'],
    [{ pullSecret: 'My_Secret' }, 'images.pullSecret: must be lower-case'],
    [{ miror: 'mirror.example.com' }, 'images.miror: there is no such key; did you mean "mirror"?'],
  ])('%j is refused', (images, message) => {
    expect(refused({ images })).toContain(message)
  })
})

const PULLING = new Set([
  'Deployment',
  'StatefulSet',
  'Job',
  'CronJob',
  'PerconaXtraDBCluster',
  'Redis',
  'RedisCluster',
  'RedisReplication',
  'RedisSentinel',
  'RabbitmqCluster',
  'Tenant',
  'Prometheus',
  'Alertmanager',
  'Elasticsearch',
  'Kibana',
  'Beat',
])

describe('a StorageClass for everything', () => {
  // The logs of these environments name a class of their own, and `outsourced` has no other volumes of its own.
  const expectedClasses = (name: string) => {
    if (name === 'outsourced') return ['fast']
    return /full|regional/.test(name) ? ['zonal', 'fast'] : ['zonal']
  }

  test.each(environments)('is that of every volume of $name whose part names none', (environment) => {
    const classes = claimsOf(objectsOf({ storageClassName: 'zonal' }, environment))
    expect(classes.length).toBeGreaterThan(0)
    expect(new Set(classes)).toEqual(new Set(expectedClasses(environment.name)))
  })

  test('is refused where it is no name', () => {
    expect(refused({ storageClassName: 'Fast SSD' })).toContain('storageClassName: must be lower-case')
  })

  /** The class of each volume claim, in all the forms of the operators. */
  function claimsOf(value: unknown): (string | undefined)[] {
    if (typeof value !== 'object' || value === null) return []
    const { accessModes, storage, storageClassName } = value as Loose
    const isClaim =
      accessModes !== undefined ||
      (typeof storage === 'string' &&
        !('cpu' in value) &&
        Object.keys(value).length <= 2 &&
        storageClassName !== undefined)
    return [...(isClaim ? [storageClassName] : []), ...Object.values(value).flatMap(claimsOf)]
  }
})

describe('a namespace that somebody else made', () => {
  const objects = objectsOf({ existingNamespaces: ['metrics'] })

  test('gets no Namespace, quota, limits or NetworkPolicies; its parts are there', () => {
    const kinds = objects.filter(({ metadata }) => metadata.namespace === 'metrics').map(({ kind }) => kind)
    expect(kinds).toContain('Prometheus')
    for (const kind of ['ResourceQuota', 'LimitRange', 'NetworkPolicy']) expect(kinds).not.toContain(kind)
    expect(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name)).not.toContain(
      'metrics',
    )
  })

  test('may connect as before: the policies at the other end stay', () => {
    const before = policiesOf(objectsOf({})).filter(({ metadata }) => metadata.namespace !== 'metrics')
    expect(policiesOf(objects)).toEqual(before)
  })

  test('must belong to a part', () => {
    expect(refused({ existingNamespaces: ['monitoring'] })).toContain(
      'existingNamespaces[0]: must be a namespace of a part: chat, ops, data, files, metrics, logs, collectors (it is "monitoring")',
    )
  })
})

describe('labels and annotations', () => {
  const labels = { 'example.com/team': 'chat' }
  const annotations = { 'example.com/contact': 'on call, +1 555' }

  test.each(environments)('are on every object of $name, and change no selector', (environment) => {
    const objects = objectsOf({ labels, annotations }, environment)
    for (const { apiVersion, kind, metadata } of objects) {
      expect(metadata.annotations, `${kind} ${metadata.name}`).toMatchObject(annotations)
      const isCopied = apiVersion.startsWith('redis.redis')
      expect(metadata.labels?.['example.com/team'], `${kind} ${metadata.name}`).toBe(isCopied ? undefined : 'chat')
    }
    const before = objectsOf({}, environment)
    expect(objects.map(({ spec }) => spec)).toEqual(before.map(({ spec }) => spec))
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(before.map(({ metadata }) => metadata.name))
  })

  test.each([
    [{ labels: { 'app.kubernetes.io/name': 'mine' } }, 'must not be a label that the platform sets itself'],
    [{ labels: { team: 'a b' } }, 'labels.team: must be the value of a label, such as chat (it is "a b")'],
    [{ annotations: { 'a b': 'c' } }, 'must be the name of an annotation'],
  ])('%j is refused', (values, message) => {
    expect(refused(values)).toContain(message)
  })
})

describe('a patch', () => {
  const target = { kind: 'StatefulSet', name: 'mariadb' }

  test('merges a part of an object, as kubectl does', () => {
    const strategic = {
      metadata: { labels: { tier: 'data' } },
      spec: { template: { spec: { containers: [{ name: 'mariadb', resources: { limits: { cpu: '4' } } }] } } },
    }
    const { metadata, spec } = one(objectsOf({ patches: [{ target, strategic }] }, small), 'StatefulSet', 'mariadb')
    const before = one(objectsOf({}, small), 'StatefulSet', 'mariadb')
    expect(metadata.labels).toEqual({ ...before.metadata.labels, tier: 'data' })
    const [container] = podOf({ spec }).containers
    expect(container.resources.limits).toEqual({ ...podOf(before).containers[0].resources.limits, cpu: '4' })
    expect(container.image).toBe(podOf(before).containers[0].image)
  })

  test('applies operations of RFC 6902', () => {
    const json = [
      { op: 'test', path: '/spec/pxc/size', value: 3 },
      { op: 'replace', path: '/spec/pxc/size', value: 5 },
      { op: 'add', path: '/spec/pxc/priorityClassName', value: 'data' },
      { op: 'remove', path: '/spec/pxc/exporter~1none' },
    ] as const
    const patches = [{ target: { kind: 'PerconaXtraDBCluster', name: 'db' }, json: json.slice(0, 3) }]
    expect(one(objectsOf({ patches }), 'PerconaXtraDBCluster', 'db').spec.pxc).toMatchObject({
      size: 5,
      priorityClassName: 'data',
    })
    const wrong = [{ ...patches[0], json: json.slice(3) }]
    expect(refused({ patches: wrong })).toContain(
      'patches[0]: cannot be applied to PerconaXtraDBCluster data/db: remove /spec/pxc/exporter~1none: there is no /spec/pxc/exporter~1none',
    )
  })

  test('of a Job makes a new one, because the template of a Job cannot change', () => {
    const patches = [{ target: { kind: 'Job', name: 'db-bootstrap' }, strategic: { spec: { backoffLimit: 3 } } }]
    const names = (values: Custom) =>
      objectsOf(values).flatMap(({ kind, metadata }) =>
        kind === 'Job' && metadata.name.startsWith('db-') ? metadata.name : [],
      )
    expect(names({ patches })).toEqual([expect.stringMatching(/^db-bootstrap-[0-9a-f]{8}$/)])
    expect(names({ patches })).not.toEqual(names({}))
  })

  test.each([
    [
      { target: { kind: 'StatefulSet', name: 'mysql' }, strategic: {} },
      'patches[0]: must match an object: no StatefulSet/mysql is applied; there are StatefulSet/data/mariadb, StatefulSet/data/redis',
    ],
    [
      { target: { ...target, namespace: 'chat' }, strategic: {} },
      'patches[0]: must match an object: no StatefulSet/chat/mariadb is applied',
    ],
    [{ target: { kind: 'Tenant', name: 'files' }, strategic: {} }, 'there is no Tenant'],
    [
      { target, strategic: { metadata: { name: 'other' } } },
      'patches[0]: must not change the kind, apiVersion, name or namespace of StatefulSet data/mariadb',
    ],
    [
      { target, json: [{ op: 'test', path: '/spec/replicas', value: 2 }] },
      'patches[0]: cannot be applied to StatefulSet data/mariadb',
    ],
    [{ target, json: [{ op: 'add', path: 'spec', value: 2 }] }, 'patches[0].json[0].path: must be a JSON pointer'],
    [{ target }, 'patches[0]: must have either strategic, a part of the object, or json'],
    [{ target: { kind: 'ChatApp', name: 'chat' }, strategic: {} }, 'must not be ChatApp: set chatApp.spec'],
  ])('%j is refused', (patch, message) => {
    expect(refused({ patches: [patch] }, small)).toContain(message)
  })
})

describe('objects of your own', () => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'motd', namespace: 'chat' },
    data: { text: 'hi' },
  }

  test('are applied before the ChatApp, with the labels of all', () => {
    const files = manifests(activeCluster({ ...small, manifests: [manifest], labels: { team: 'chat' } }))
    const paths = files.map(({ path }) => path)
    expect(paths.indexOf('80-manifests.yaml')).toBe(paths.indexOf('90-chatapp.yaml') - 1)
    const own = files.find(({ path }) => path === '80-manifests.yaml')
    expect(own?.objects).toEqual([{ ...manifest, metadata: { ...manifest.metadata, labels: { team: 'chat' } } }])
  })

  test.each([
    [
      { ...manifest, kind: 'Secret' },
      'manifests[0].kind: must not be a Secret: no value of a credential is in any output',
    ],
    [{ ...manifest, metadata: {} }, 'manifests[0].metadata.name: must be set'],
    [
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'mariadb', namespace: 'data' } },
      'manifests[0]: must not be an object that is there already: Service/data/mariadb',
    ],
  ])('%j is refused', (wrong, message) => {
    expect(refused({ manifests: [wrong] }, small)).toContain(message)
  })
})

describe('a connection', () => {
  const mailer = { namespace: 'mail', labels: { app: 'relay' } }

  test('is allowed at the end that the platform closes', () => {
    const connections = [{ from: { namespace: 'data' }, to: mailer, ports: [587], why: 'sends mail' }]
    const policy = one(objectsOf({ connections }), 'NetworkPolicy', 'platform-custom-0-from')
    expect(policy).toMatchObject({
      metadata: { namespace: 'data' },
      spec: {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'mail' } },
                podSelector: { matchLabels: { app: 'relay' } },
              },
            ],
            ports: [{ port: 587, protocol: 'TCP' }],
          },
        ],
      },
    })
    const incoming = [
      {
        from: { ranges: ['192.0.2.0/24'] },
        to: { namespace: 'data', labels: { a: 'b' } },
        ports: [3306],
        why: 'reports',
      },
    ]
    expect(one(objectsOf({ connections: incoming }), 'NetworkPolicy', 'platform-custom-0-to').spec.ingress).toEqual([
      { from: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [{ port: 3306, protocol: 'TCP' }] },
    ])
  })

  test.each([
    [
      { from: mailer, to: { ranges: ['192.0.2.0/24'] }, ports: [1], why: 'x' },
      'connections[0]: must have an end in a namespace whose NetworkPolicies the platform makes: chat, ops, data',
    ],
    [{ from: mailer, to: { namespace: 'data' }, ports: [0], why: 'x' }, 'connections[0].ports[0]'],
    [{ from: mailer, to: { namespace: 'data' }, ports: [1] }, 'connections[0].why: must be set'],
  ])('%j is refused', (wrong, message) => {
    expect(refused({ connections: [wrong] })).toContain(message)
  })
})

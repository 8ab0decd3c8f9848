import { crd } from '@chat-app/crds'
import { refusedCases } from '@chat-app/crds/chatapp.cases.ts'
import { expect, test } from 'vitest'
import { clusterKinds } from './cluster-uses.ts'
import { ModelError } from './errors.ts'
import { model } from './model.ts'
import { chatApp, type Loose } from './testing.ts'

const ingress = {
  type: 'Ingress',
  hosts: { api: 'api.chat-app.com', websocket: 'ws.chat-app.com' },
  ingress: { className: 'haproxy' },
} as const

test('names every child after the ChatApp', () => {
  const { services, names } = model(chatApp())
  expect([services.api.name, services.websocket.name, names.config, names.migrate]).toEqual([
    'chat-api',
    'chat-websocket',
    expect.stringMatching(/^chat-config-[0-9a-f]{10}$/),
    'chat-migrate',
  ])
  expect(services.websocket.selectorString).toBe(
    'app.kubernetes.io/name=chat-app,app.kubernetes.io/instance=chat,app.kubernetes.io/component=websocket',
  )
})

test('runs the release by tag, and by digest where one is given', () => {
  const digest = `sha256:${'a'.repeat(64)}` as const
  const { services } = model(chatApp({ images: { registry: 'registry:5000/chat', digests: { websocket: digest } } }))
  expect(services.api.image).toBe('registry:5000/chat/chat-service:1.4.2')
  expect(services.websocket.image).toBe(`registry:5000/chat/websocket-service@${digest}`)
})

test('starts within the bounds of an autoscaler, and has no pods while hibernated', () => {
  const autoscaling = { minReplicas: 2, maxReplicas: 4 }
  expect(model(chatApp({ websocket: { replicas: 9, autoscaling } })).services.websocket).toMatchObject({
    replicas: 4,
    autoscaled: true,
  })
  expect(model(chatApp({ hibernated: true, websocket: { autoscaling } })).services.websocket).toMatchObject({
    replicas: 0,
    autoscaled: false,
  })
})

test('has the URLs that clients use', () => {
  expect(model(chatApp()).urls).toEqual({ api: 'http://chat-api.shop.svc', websocket: 'ws://chat-websocket.shop.svc' })
  expect(model(chatApp({ exposure: ingress })).urls.api).toBe('http://api.chat-app.com')
  const tls = { issuerRef: { name: 'letsencrypt' } }
  expect(model(chatApp({ exposure: { ...ingress, tls } })).urls).toEqual({
    api: 'https://api.chat-app.com',
    websocket: 'wss://ws.chat-app.com',
  })
})

test('lists the Secrets, the field that names each, and which of them roll the pods', () => {
  const { secrets } = model(
    chatApp({
      database: { tls: { caSecretRef: { name: 'database-ca' } } },
      auth: { jwt: { previous: { secretKeyRef: { name: 'old-jwt' } } } },
    }),
  )
  expect(secrets.map(({ purpose, name, key, reloadable }) => [purpose, `${name}/${key}`, reloadable])).toEqual([
    ['database', 'db-credentials/url', true],
    ['redis', 'redis-credentials/url', true],
    ['jwt', 'jwt-secret/secret', true],
    ['jwt-previous', 'old-jwt/secret', true],
    ['database-ca', 'database-ca/ca.crt', false],
  ])
  expect(secrets.find(({ purpose }) => purpose === 'jwt')).toMatchObject({
    field: 'spec.auth.jwt.current.secretKeyRef',
    minLength: 32,
  })
})

test('a clusterRef is in the namespace of the ChatApp unless it names another', () => {
  const { clusters } = model(
    chatApp({
      database: { clusterRef: { kind: 'PerconaXtraDBCluster', name: 'db', namespace: 'data' } },
      redis: { clusterRef: { kind: 'RedisCluster', name: 'cache' } },
    }),
  )
  expect(clusters.map(({ field, apiGroup, namespace }) => [field, apiGroup, namespace])).toEqual([
    ['spec.database.clusterRef', 'pxc.percona.com', 'data'],
    ['spec.redis.clusterRef', 'redis.redis.opstreelabs.in', 'shop'],
  ])
})

test('the kinds that a clusterRef may name are those of the schema', () => {
  const stored = crd() as Loose
  const { spec } = stored.spec.versions[0].schema.openAPIV3Schema.properties
  const kindsOf = (purpose: string): string[] => {
    const { apiGroup, kind } = spec.properties[purpose].properties.clusterRef.properties
    return kind.enum.map((each: string) => `${apiGroup.enum[0]}/${each}`)
  }
  expect(clusterKinds).toEqual([...kindsOf('database'), ...kindsOf('redis')])
})

test('the same ChatApp with every default written out gives the same model', () => {
  const short = model(chatApp({ exposure: ingress }))
  expect(model(chatApp(structuredClone(short.spec) as never))).toEqual(short)
})

test.each(refusedCases)('refuses $what, naming the field', ({ spec, field, says }) => {
  const faults = faultsOf(() => model({ ...chatApp(), spec } as never))
  expect(faults.join('\n')).toContain(`${field}: `)
  expect(faults.join('\n')).toContain(says)
})

test('an error quotes the value, and cuts a long one', () => {
  const [fault] = faultsOf(() => model(chatApp({ version: `${'x'.repeat(500)} ` })))
  expect(fault).toMatch(/^spec\.version: .*\(it is "x+\.\.\.\)$/)
  expect(fault?.length).toBeLessThan(300)
})

test('refuses unknown fields, a name that is too long, and a ChatApp without a namespace', () => {
  expect(faultsOf(() => model(chatApp({ replicas: 3 } as never)))).toEqual([expect.stringContaining('"replicas"')])
  expect(faultsOf(() => model(chatApp({}, { name: 'x'.repeat(41) })))).toEqual([expect.stringContaining('at most 40')])
  expect(faultsOf(() => model(chatApp({}, { namespace: undefined })))).toEqual([
    expect.stringContaining('metadata.namespace is missing'),
  ])
})

function faultsOf(render: () => unknown): readonly string[] {
  try {
    render()
  } catch (error) {
    if (error instanceof ModelError) return error.faults
    throw error
  }
  throw new Error('the ChatApp was accepted')
}

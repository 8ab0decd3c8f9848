import { describe, expect, test } from 'vitest'
import { one, type Loose } from '@chat-app/chat/testing'
import { applied } from '../bundle.ts'
import { activeCluster } from '../check/clusters.ts'
import type { Environment } from '../environment/environment.ts'
import { full, outsourced } from '../testing/environments.ts'
import { edges } from './policies/edges.ts'

// Databases and Redis that somebody else runs. What is refused: ../check/hostile.test.ts.

const provided: Environment = {
  ...outsourced,
  database: {
    kind: 'external',
    host: 'mysql.example.com',
    port: 3307,
    users: { madeBy: 'provider', database: 'talk' },
  },
}
const withRedis = (redis: object): Environment => ({ ...outsourced, redis: { ...outsourced.redis, ...redis } })

const objectsOf = (environment: Environment) => applied(activeCluster(environment)) as Loose[]
const secretOf = (environment: Environment, name: string) =>
  objectsOf(environment)
    .filter(({ kind, metadata }) => kind === 'ExternalSecret' && metadata.name === name)
    .map(({ metadata, spec }) => [metadata.namespace, spec.target.template.data])
/** A value as a URL has it: `urlquery` writes a space as `+`, which `decodeURIComponent` leaves. */
const encoded = (variable: string) => `{{ .${variable} | urlquery | replace "+" "%20" }}`

test('nothing of a database, a Redis or their monitoring is made', () => {
  // The names of `full`, and of what is derived from its parts.
  const ofParts = /^(db|cache|queues)\b|mysql|redis|percona|rabbit|backup/i
  const ofUsers = /^(ExternalSecret|Job|NetworkPolicy) /
  const of = (environment: Environment) =>
    objectsOf(environment)
      .filter(({ apiVersion, metadata }) => ofParts.test(metadata.name) || ofParts.test(apiVersion))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .filter((name) => !ofUsers.test(name))
  expect(of(full).length).toBeGreaterThan(20)
  expect(of(outsourced)).toEqual([])
  expect(of(provided)).toEqual([])
})

test.each(['database', 'redis', 'messaging'] as const)('%s alone may be external', (part) => {
  const { [part]: _, ...spec } = full.chatApp.spec as Record<string, unknown>
  const { files, oldVersionsDays } = full.storage.buckets
  const environment = {
    ...full,
    // The Secret of the documented environments has the name of the ChatApp's.
    redis: { ...full.redis, passwordSecret: 'redis-credentials' },
    // The binary log is that of a database of the platform.
    ...(part === 'database' && { storage: { ...full.storage, buckets: { files, oldVersionsDays } } }),
    [part]: outsourced[part],
    chatApp: { ...full.chatApp, spec },
  } as unknown as Environment
  expect(objectsOf(environment).map(({ kind }) => kind)).toContain('ChatApp')
})

test('the namespace of the data is restricted, as no other operator makes pods in it', () => {
  const { metadata } = one(objectsOf(outsourced), 'Namespace', 'data')
  expect(metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted')
})

describe('the users of an external database', () => {
  test('are made by a Job as the administrator, where the values say so', () => {
    const job = objectsOf(outsourced).find(({ metadata }) => metadata.name.startsWith('external-mysql-bootstrap-'))
    const { containers, volumes } = job.spec.template.spec
    expect(containers[0].image).toBe('docker.io/test/mysql:8.4')
    expect(containers[0].env).toContainEqual({ name: 'DATABASE_HOST', value: 'mysql.provider.example.com' })
    expect(containers[0].command[2]).toContain('echo "user=admin"')
    const mounted = volumes[1].projected.sources.map(({ secret }: Loose) => secret.name)
    expect(mounted).toEqual(['mysql-administrator', 'mysql-application-users', 'mysql-authority'])
    // Both namespaces have the authority, from one entry in Vault.
    expect(secretOf(outsourced, 'mysql-authority').map(([namespace]) => namespace)).toEqual(['chat', 'data'])
    const url = 'mysql://chat_green:{{ .mysql_application_users_green }}@mysql.provider.example.com:3306/chat?tls=true'
    expect(secretOf(outsourced, 'db-credentials')).toEqual([['chat', { url }]])
  })

  test('are otherwise those of Vault, percent-encoded', () => {
    expect(
      objectsOf(provided)
        .filter(({ kind }) => kind === 'Job')
        .map(({ metadata }) => metadata.name),
    ).toEqual([expect.stringMatching(/^storage-buckets-/)])
    const user = `${encoded('db_credentials_username')}:${encoded('db_credentials_password')}`
    const url = `mysql://${user}@mysql.example.com:3307/talk?tls=true`
    expect(secretOf(provided, 'db-credentials')).toEqual([['chat', { url }]])
  })
})

describe('the URL of an external Redis', () => {
  const password = encoded('redis_credentials_password')
  test.each([
    [{}, `rediss-cluster://:${password}@redis.provider.example.com:6379`],
    [
      { login: 'user' },
      `rediss-cluster://${encoded('redis_credentials_username')}:${password}@redis.provider.example.com:6379`,
    ],
    [{ mode: 'single', endpoints: ['a.example.com:6380'] }, `rediss://:${password}@a.example.com:6380`],
    [{ tls: false, login: 'none', endpoints: ['a.b:1', 'c.d:2'] }, 'redis-cluster://a.b:1,c.d:2'],
  ])('of %j is %s', (redis, url) => {
    expect(secretOf(withRedis(redis), 'redis-credentials')).toEqual([['chat', { url }]])
  })
})

test.each([
  [{}, 'queues.provider.example.com:5671/%2Fchat'],
  [{ port: 5672, virtualHost: 'talk' }, 'queues.provider.example.com:5672/talk'],
])('the URL of an external RabbitMQ with %j leads to %s', (values, address) => {
  const user = `${encoded('messaging_credentials_username')}:${encoded('messaging_credentials_password')}`
  const messaging = { ...outsourced.messaging, ...values }
  expect(secretOf({ ...outsourced, messaging }, 'messaging-credentials')).toEqual([
    ['chat', { url: `amqps://${user}@${address}` }],
  ])
})

describe('the ChatApp', () => {
  const specOf = (environment: Environment) => one(objectsOf(environment), 'ChatApp', 'chat').spec
  test('trusts the authority of an external server', () => {
    expect(specOf(outsourced).database).toEqual({ tls: { caSecretRef: { name: 'mysql-authority' } } })
    expect(specOf(withRedis({ caSecret: 'redis-authority' })).redis).toEqual({
      tls: { caSecretRef: { name: 'redis-authority' } },
    })
  })

  test('trusts a public authority where none is named', () => {
    expect(specOf(provided).database).toEqual({})
    expect(specOf(outsourced)).not.toHaveProperty('redis')
  })
})

describe('the NetworkPolicies', () => {
  const reached = (environment: Environment, why: RegExp) =>
    edges(activeCluster(environment))
      .filter((edge) => why.test(edge.why))
      .map(({ from, to, ports }) => [from.name, to.name, ports])

  test('open what is outside, at its ports, and nothing else of these parts', () => {
    expect(reached(outsourced, /^messages$|creates the database/)).toEqual([
      ['chat', 'outside', [3306]],
      ['mysql-bootstrap', 'outside', [3306]],
    ])
    expect(reached(provided, /^messages|creates the database/)).toEqual([['chat', 'outside', [3307]]])
    expect(reached(withRedis({ endpoints: ['a.b:1', 'c.d:2', 'e.f:1'] }), /presence|replication|bus/)).toEqual([
      ['chat', 'outside', [1, 2]],
    ])
  })

  test('open an external RabbitMQ', () => {
    expect(reached(outsourced, /queues/)).toEqual([['chat', 'outside', [5671]]])
  })

  test('open a Service of another namespace of the cluster', () => {
    const inside = withRedis({ mode: 'single', endpoints: ['redis.caches.svc:6379'] })
    expect(reached(inside, /presence/)).toEqual([['chat', 'pods of caches', [6379]]])
  })
})

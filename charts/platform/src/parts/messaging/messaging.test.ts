import { single, small, regional, full, sentinel } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { activeCluster, clustersOf } from '../../check/clusters.ts'
import { one, type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import type { Environment } from '../../environment/environment.ts'
import { messagingAddress } from './hosts.ts'
import type { MessagingValues } from '../../environment/messaging.ts'

const objects = (environment: Environment) => applied(activeCluster(environment))
const rabbitmq = (environment: Environment) => one(objects(environment), 'RabbitmqCluster', 'queues')
const declared = (environment: Environment, kind: string) =>
  objects(environment).filter((object) => object.kind === kind) as Loose[]

describe.each([sentinel, full, regional])('$name', (environment) => {
  test('has three nodes on three machines, and lets one be evicted at a time', () => {
    const { spec } = rabbitmq(environment)
    expect(spec.replicas).toBe(3)
    const [apart] = spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution
    expect(apart).toMatchObject({ topologyKey: 'kubernetes.io/hostname' })
    const { maxUnavailable, selector } = one(objects(environment), 'PodDisruptionBudget', 'queues').spec
    expect(maxUnavailable).toBe(1)
    expect(selector).toEqual(apart.labelSelector)
  })

  test('has the documented limits and accepts TLS only', () => {
    const { rabbitmq: settings, tls } = rabbitmq(environment).spec
    for (const line of ['vm_memory_high_watermark.relative = 0.6', 'disk_free_limit.relative = 2.0', 'heartbeat = 60'])
      expect(settings.additionalConfig).toContain(`${line}\n`)
    expect(tls).toEqual({ secretName: 'queues-tls', disableNonTLSListeners: true })
    expect(one(objects(environment), 'Certificate', 'queues-tls').spec.dnsNames).toContain('queues.data.svc')
  })

  test('meets Pod Security restricted', () => {
    const { spec } = rabbitmq(environment).spec.override.statefulSet.spec.template
    expect(spec.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    for (const { securityContext } of [...spec.initContainers, ...spec.containers])
      expect(securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } })
  })
})

test('a single node has no disruption budget, which would block every drain', () => {
  expect(rabbitmq(single).spec.replicas).toBe(1)
  expect(declared(single, 'PodDisruptionBudget').map(({ metadata }) => metadata.name)).not.toContain('queues')
})

test('an environment without messaging has no RabbitMQ', () => {
  expect(objects(small).filter(({ apiVersion }) => apiVersion.startsWith('rabbitmq.com'))).toEqual([])
})

describe('in the virtual host /chat', () => {
  const queues = declared(regional, 'Queue')

  test('the four documented queues are each bound to the exchange by their name', () => {
    expect(declared(regional, 'Vhost').map(({ spec }) => spec.name)).toEqual(['/chat'])
    const bindings = declared(regional, 'Binding').filter(({ spec }) => spec.source === 'chat.exchange')
    expect(bindings.map(({ spec: { destination, routingKey } }) => [destination, routingKey])).toEqual([
      ['chat.messages', 'chat.messages.#'],
      ['chat.staff.status', 'chat.staff.status.#'],
      ['chat.visitor.assignment', 'chat.visitor.assignment.#'],
      ['chat.system.notification', 'chat.system.notification.#'],
    ])
  })

  test('every queue is replicated, outlives its object, and has the limits of one policy', () => {
    const policies = declared(regional, 'Policy').map(({ spec }) => spec)
    for (const { spec } of queues) {
      expect(spec).toMatchObject({ type: 'quorum', durable: true, deletionPolicy: 'retain', vhost: '/chat' })
      const own = policies.filter(({ pattern }) => new RegExp(pattern).test(spec.name))
      expect(own).toHaveLength(1)
      expect(Object.keys(own[0].definition)).toEqual(
        expect.arrayContaining(['max-length', 'max-length-bytes', 'overflow']),
      )
    }
    const sizes = queues.map(({ spec }) => policies.find(({ pattern }) => new RegExp(pattern).test(spec.name)))
    const full = sizes.reduce((sum, { definition }) => sum + definition['max-length-bytes'], 0)
    expect(full).toBeLessThan(2 * 2 ** 30)
  })

  test('the ChatApp may publish to the exchange and read the four queues, but declare nothing', () => {
    const { configure, write, read } = declared(regional, 'Permission')[0].spec.permissions
    const names = [...queues.map(({ spec }) => spec.name), 'chat.exchange', 'chatXmessages', 'amq.default', '']
    const allowed = (pattern: string) => names.filter((name) => new RegExp(pattern).test(name))
    expect(allowed(configure)).toEqual([''])
    expect(allowed(write)).toEqual(['chat.exchange'])
    expect(allowed(read)).toEqual(names.slice(0, 4))
    expect(declared(regional, 'User')[0].spec).toMatchObject({ importCredentialsSecret: { name: 'queues-user' } })
  })
})

test('the address has the scheme and the port of TLS', () => {
  const values: MessagingValues = full.messaging
  const address = (tls: boolean) => messagingAddress({ ...values, tls }, 'data')
  expect(address(true)).toEqual({ scheme: 'amqps', host: 'queues.data.svc:5671/%2Fchat' })
  expect(address(false)).toEqual({ scheme: 'amqp', host: 'queues.data.svc:5672/%2Fchat' })
})

describe('rejected:', () => {
  const values: MessagingValues = full.messaging
  const { requests } = values.resources

  test.each<[string, Partial<MessagingValues>, string, string]>([
    ['two nodes', { size: 2 }, 'messaging.size: must be odd', '2'],
    [
      'a request below the limit',
      memory('512Mi'),
      'messaging.resources.requests.memory: must equal the limit',
      '"512Mi"',
    ],
    ['a volume below the disk limit', { storage: '2Gi' }, 'messaging.storage: must be more than 2 times', '"2Gi"'],
    [
      'an image without its release',
      { image: 'docker.io/library/rabbitmq:latest' },
      'messaging.image: must name a release',
      '',
    ],
  ])('%s', (_, change, rule, value) => {
    const synth = () => clustersOf({ ...regional, messaging: { ...values, ...change } })
    expect(synth).toThrow(rule)
    expect(synth).toThrow(`(it is ${value}`)
  })

  test('TLS without cert-manager', () => {
    const { certificates: _, ...without } = regional
    expect(() => clustersOf(without)).toThrow('certificates: must be set for TLS')
  })

  function memory(request: string) {
    return { resources: { ...values.resources, requests: { ...requests, memory: request } } }
  }
})

import { declaredFacts, desired, model, proofJob, type KubernetesObject, type Model } from '@chat-app/chat'
import type { ChatAppSpecInput } from '@chat-app/crds'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig, type Command } from '@chat-app/services/config'
import * as limits from '@chat-app/services/limits'

/**
 * The services do not import the charts: the contract between them is the files and the environment variables of the
 * containers. These tests write the files, set the variables, and let the services read their configuration.
 */
describe('the services read the configuration of their rendered containers', () => {
  const root = mkdtempSync(join(tmpdir(), 'contract-'))
  afterAll(() => rmSync(root, { recursive: true }))
  const ref = (name: string) => ({ secretKeyRef: { name } })
  const everything: Partial<ChatAppSpecInput> = {
    websocket: { drain: { periodSeconds: 42 }, rebalance: 7 },
    database: { tls: { caSecretRef: { name: 'database-ca' } } },
    redis: { broadcast: { url: ref('broadcast') }, tls: { caSecretRef: { name: 'redis-ca' } } },
    auth: { jwt: { previous: ref('jwt-old') } },
    worker: {},
  }

  test.each(['api', 'websocket', 'worker'] as const)('%s, with optional fields of a ChatApp', (command) => {
    const { config, container } = start(root, command, everything)
    expect(config).toMatchObject({
      command,
      environment: 'prod',
      nodeId: 'pod-1',
      metricsPort: 9090,
      server: { host: '0.0.0.0' },
      database: { url: values.database, ca: values['database-ca'] },
      redis: { url: values.redis, broadcastUrl: values.broadcast, ca: values['redis-ca'] },
      service: { jwt: { secret: values.jwt, previous_secret: values['jwt-previous'] }, server: { bcrypt_cost: 12 } },
    })
    expect(container.ports).toContainEqual({ name: 'http', containerPort: config.server.port })
  })

  test.each(['api', 'websocket'] as const)('%s, with the defaults', (command) => {
    const { config } = start(root, command, {})
    expect(config.redis).toEqual({ url: values.redis, broadcastUrl: values.redis, ca: undefined })
    expect(config.service.jwt.previous_secret).toBeUndefined()
  })

  test('the API opens the documented 20 database connections, and the other pods half of them', () => {
    expect(start(root, 'api', {}).config.database.maxConnections).toBe(20)
    expect(start(root, 'websocket', {}).config.database.maxConnections).toBe(10)
    expect(start(root, 'worker', everything).config.database.maxConnections).toBe(10)
  })

  test.each(['api', 'websocket'] as const)('%s waits in preStop instead of by itself', (command) => {
    expect(start(root, command, {}).config.shutdownDelayMs).toBe(0)
  })

  test('websocket drains for the period of the ChatApp', () => {
    expect(start(root, 'websocket', everything).config.drainPeriodMs).toBe(42_000)
  })

  test.each(['api', 'websocket'] as const)('a pod of %s has time for every step of its shutdown', (command) => {
    const { config, container, pod } = start(root, command, everything)
    const stepsMs =
      limits.NOT_READY_TIMEOUT_MS +
      (config.shutdownDelayMs + limits.DELAY_TOLERANCE_MS) +
      (command === 'api' ? limits.FINISH_REQUESTS_TIMEOUT_MS : config.drainPeriodMs + limits.DRAIN_TOLERANCE_MS) +
      limits.FINISH_WRITES_TIMEOUT_MS +
      limits.CLOSE_ALL_TIMEOUT_MS
    const graceSeconds = container.lifecycle?.preStop.sleep.seconds ?? 0
    // The pod is out of the endpoints for the three seconds in which proxies notice it, and still accepts.
    expect(graceSeconds + config.shutdownDelayMs / 1000).toBeGreaterThanOrEqual(3)
    expect(graceSeconds + stepsMs / 1000).toBeLessThanOrEqual(pod?.terminationGracePeriodSeconds ?? 0)
  })

  test('a worker has time for every step of its shutdown', () => {
    const { pod } = start(root, 'worker', everything)
    const stepsMs =
      limits.NOT_READY_TIMEOUT_MS +
      (limits.OUTBOX_HANDLE_TIMEOUT_MS + limits.DELAY_TOLERANCE_MS) +
      limits.FINISH_WRITES_TIMEOUT_MS +
      limits.CLOSE_ALL_TIMEOUT_MS
    expect(stepsMs / 1000).toBeLessThanOrEqual(pod?.terminationGracePeriodSeconds ?? 0)
  })

  test('websocket moves connections as the ChatApp says, by default none', () => {
    expect(start(root, 'websocket', everything).config.rebalance).toEqual({ percent: 7, group: 'pod-1' })
    expect(start(root, 'websocket', {}).config.rebalance.percent).toBe(0)
  })

  test('the new processes beside a proof, as the pods of the release, at ports of their own', () => {
    const [api, websocket] = (['api', 'websocket'] as const).map((command) => ({
      beside: start(root, command, everything, sidecarsOf).config,
      served: start(root, command, everything).config,
    }))
    expect(api?.beside).toEqual({
      ...api?.served,
      nodeId: '$(POD_NAME)-api',
      drainPeriodMs: 0,
      metricsPort: 19_090,
      server: { ...api?.served.server, port: 18_080 },
      service: { ...api?.served.service, server: { ...api?.served.service.server, port: 18_080 } },
    })
    expect(websocket?.beside).toMatchObject({
      nodeId: '$(POD_NAME)-websocket',
      drainPeriodMs: 0,
      metricsPort: 19_095,
      server: { port: 18_085 },
      rebalance: { percent: 0 },
      database: websocket?.served.database,
    })
  })

  test('migrate, as the services do, with a time limit below that of its Job', () => {
    const { config, container } = start(root, 'migrate', { ...everything, migrations: { timeoutSeconds: 100 } })
    const services = start(root, 'api', everything).config
    expect([config.service, config.redis, config.database]).toEqual([
      services.service,
      services.redis,
      services.database,
    ])
    expect(config.releaseVersion).toBe('1.4.2')
    expect(config.migrationTimeoutMs).toBeLessThan(100_000)
    expect(container.ports).toEqual([{ name: 'http', containerPort: config.server.port }])
  })
})

/** The value of each mounted Secret, by the name of its folder. */
const values = {
  database: 'mysql://chat:pw@db:3306/chat',
  redis: 'redis-cluster://:pw@redis-0:6379,redis-1:6379',
  broadcast: 'redis://:pw@broadcast:6379',
  jwt: 'current-0123456789abcdef0123456789',
  'jwt-previous': 'previous-0123456789abcdef012345678',
  'database-ca': '-----BEGIN CERTIFICATE-----\ndatabase\n-----END CERTIFICATE-----',
  'redis-ca': '-----BEGIN CERTIFICATE-----\nredis\n-----END CERTIFICATE-----',
} as const

interface Container {
  readonly args: readonly string[]
  readonly ports: readonly object[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } }
}

interface Template {
  readonly spec?: {
    readonly containers?: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly terminationGracePeriodSeconds?: number
  }
}

/** Reads the configuration like the container of a rendered ChatApp, with its files below `root`. */
function start(
  root: string,
  command: Command,
  spec: Partial<ChatAppSpecInput>,
  containersIn: (objects: readonly KubernetesObject[], of: Model) => readonly Container[] = servicesOf,
) {
  const chatApp = {
    apiVersion: 'chat-app.com/v1alpha1',
    kind: 'ChatApp',
    metadata: { name: 'chat', namespace: 'shop' },
  }
  const resolved = model({ ...chatApp, spec: { version: '1.4.2', ...spec } })
  const objects = desired(resolved, declaredFacts)
  const container = containersIn(objects, resolved).find(({ args }) => args[0] === command)
  if (container === undefined) throw new Error(`no rendered container runs ${command}`)
  const env = container.env.map(({ name, value }) => [name, value === undefined ? 'pod-1' : placed(root, name, value)])
  const data = objects.find(({ kind }) => kind === 'ConfigMap')?.['data'] as Record<string, string>
  const mounted = join(root, `${command}.yml`)
  writeFileSync(mounted, data['production.yml'] ?? '')
  const pod = objects.map(templateOf).find((template) => template?.spec?.containers?.includes(container))?.spec
  return { config: loadConfig(command, { ...Object.fromEntries(env), CONFIG_FILE: mounted }), container, pod }
}

/** Writes the file that a variable names below `root`, and returns its path there. Returns other values unchanged. */
function placed(root: string, name: string, value: string): string {
  if (!name.endsWith('_FILE')) return value
  const path = join(root, value)
  mkdirSync(dirname(path), { recursive: true })
  const [, purpose = ''] = /secrets\/([^/]+)\//.exec(value) ?? []
  writeFileSync(path, values[purpose as keyof typeof values])
  return path
}

function servicesOf(objects: readonly KubernetesObject[]): Container[] {
  return objects.flatMap((object) => templateOf(object)?.spec?.containers?.[0] ?? [])
}

/** The containers beside the proof of what is rendered. */
function sidecarsOf(objects: readonly KubernetesObject[], of: Model): readonly Container[] {
  const template = (service: 'api' | 'websocket') => {
    const deployment = objects.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === `chat-${service}`,
    )
    return deployment && templateOf(deployment)
  }
  const templates = { api: template('api') ?? {}, websocket: template('websocket') ?? {} }
  const job = proofJob(of, declaredFacts, { version: '1.4.2', templates }, 'before', '2')
  return templateOf(job)?.spec?.initContainers ?? []
}

function templateOf({ spec }: KubernetesObject): Template | undefined {
  return (spec as { template?: Template } | undefined)?.template
}

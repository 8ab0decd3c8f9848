import { declaredFacts, desired, model } from '@chat-app/chat'
import type { ChatAppSpecInput } from '@chat-app/crds'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig, type Command } from '@chat-app/services/config'

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
  }

  test.each(['api', 'websocket'] as const)('%s, with optional fields of a ChatApp', (command) => {
    const { config, container } = start(root, command, everything)
    expect(config).toMatchObject({
      command,
      environment: 'prod',
      nodeId: 'pod-1',
      metricsPort: 9090,
      shutdownDelayMs: 0,
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

  test('the API opens the documented 20 database connections, and a WebSocket pod half of them', () => {
    expect(start(root, 'api', {}).config.database.maxConnections).toBe(20)
    expect(start(root, 'websocket', {}).config.database.maxConnections).toBe(10)
  })

  test('websocket drains for the period of the ChatApp', () => {
    expect(start(root, 'websocket', everything).config.drainPeriodMs).toBe(42_000)
  })

  test('websocket moves connections as the ChatApp says, by default none', () => {
    expect(start(root, 'websocket', everything).config.rebalance).toEqual({ percent: 7, group: 'pod-1' })
    expect(start(root, 'websocket', {}).config.rebalance.percent).toBe(0)
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
}

/** Reads the configuration like the container of a rendered ChatApp, with its files below `root`. */
function start(root: string, command: Command, spec: Partial<ChatAppSpecInput>) {
  const chatApp = {
    apiVersion: 'chat-app.com/v1alpha1',
    kind: 'ChatApp',
    metadata: { name: 'chat', namespace: 'shop' },
  }
  const objects = desired(model({ ...chatApp, spec: { version: '1.4.2', ...spec } }), declaredFacts)
  const container = objects.map(containerOf).find((container) => container?.args[0] === command)
  if (container === undefined) throw new Error(`no rendered container runs ${command}`)
  const env = container.env.map(({ name, value }) => [name, value === undefined ? 'pod-1' : placed(root, name, value)])
  const data = objects.find(({ kind }) => kind === 'ConfigMap')?.['data'] as Record<string, string>
  const mounted = join(root, `${command}.yml`)
  writeFileSync(mounted, data['production.yml'] ?? '')
  return { config: loadConfig(command, { ...Object.fromEntries(env), CONFIG_FILE: mounted }), container }
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

function containerOf({ spec }: { readonly [field: string]: unknown }): Container | undefined {
  return (spec as { template?: { spec?: { containers?: Container[] } } } | undefined)?.template?.spec?.containers?.[0]
}

import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ConfigError, loadConfig, type Command } from './load.ts'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'chat-config-'))))
afterEach(() => {
  vi.useRealTimers()
  rmSync(dir, { recursive: true })
})

const env = {
  DATABASE_URL: 'mysql://chat:p%40ss@chat-db:3306/chat',
  REDIS_URL: 'redis://chat-redis:6379',
  JWT_SECRET: 'x'.repeat(32),
}

function file(text: string): { CONFIG_FILE: string } {
  const path = join(dir, 'production.yml')
  writeFileSync(path, text)
  return { CONFIG_FILE: path }
}

function faults(variables: Record<string, string>, command: Command = 'api'): readonly string[] {
  try {
    loadConfig(command, variables)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults
  }
}

describe('the configuration', () => {
  test('needs only the documented variables', () => {
    const config = loadConfig('websocket', { ...env, NODE_ID: 'pod-1' })

    expect(config).toMatchObject({
      nodeId: 'pod-1',
      server: { host: '0.0.0.0', port: 8085 },
      metricsPort: 9090,
      drainPeriodMs: 60_000,
      database: { maxConnections: 20 },
      redis: { url: env.REDIS_URL, broadcastUrl: env.REDIS_URL },
      service: { server: { bcrypt_cost: 12 }, jwt: { expiration_hours: 24 }, broadcast: { capacity: 1024 } },
    })
    expect(loadConfig('api', env).server.port).toBe(8080)
  })

  test('says who may register, by the variable or the key', () => {
    expect(loadConfig('api', env).service.users).toEqual({ registration: 'open', deleted_messages: 'keep' })
    expect(loadConfig('api', { ...env, REGISTRATION: 'off' }).service.users.registration).toBe('off')
    const inFile = file('users: { registration: invitation }')
    expect(loadConfig('api', { ...env, ...inFile }).service.users.registration).toBe('invitation')
    expect(faults({ ...env, REGISTRATION: 'closed' })).toEqual([
      'users.registration (from REGISTRATION): "closed" must be open, invitation or off',
    ])
  })

  test('is read from the documented file of the repository', () => {
    const CONFIG_FILE = new URL('../../config/production.yml', import.meta.url).pathname
    const config = loadConfig('api', {
      ...env,
      CONFIG_FILE,
      SERVER_PORT: '9000',
      BROADCAST_REDIS_URL: 'redis://other:6379',
    })

    expect(config.server.port).toBe(9000)
    expect(config.redis.broadcastUrl).toBe('redis://other:6379')
  })

  test('takes a key that the file does not have from its variable, and ignores unknown keys', () => {
    const config = loadConfig('api', { ...env, ...file('jwt: { expiration_hours: 1 }\nserver:\nlater: { x: 1 }\n') })

    expect(config.service.jwt).toMatchObject({ secret: env.JWT_SECRET, expiration_hours: 1 })
  })

  test('replaces references after parsing, so that a value cannot change the document', () => {
    const JWT_SECRET = `${'x'.repeat(32)}\nserver: { port: 1 } # ' " {`
    expect(loadConfig('api', { ...env, JWT_SECRET }).service.jwt.secret).toBe(JWT_SECRET)
  })

  test('supports defaults in references', () => {
    const config = loadConfig('api', {
      ...env,
      ...file('server: { host: "${SERVER_HOST:-127.0.0.1}", port: "${SERVER_PORT:-81}" }'),
    })
    expect(config.server).toEqual({ host: '127.0.0.1', port: 81 })
  })

  test('of migrate has the release and the run', () => {
    const told = { RELEASE_VERSION: 'main', MIGRATION_RUN: 'chat-migrate-1', TERMINATION_LOG: '/log' }
    expect(loadConfig('migrate', { ...env, ...told })).toMatchObject({
      releaseVersion: 'main',
      migrationRun: 'chat-migrate-1',
      terminationLog: '/log',
    })
    expect(loadConfig('migrate', env)).toMatchObject({
      releaseVersion: undefined,
      migrationRun: undefined,
      terminationLog: '/dev/termination-log',
    })
  })
})

describe('the faults of a configuration', () => {
  test('are reported together, each with field, value and fix, and never with a secret', () => {
    const secretUrl = 'postgres://chat:hidden-1@db/chat'
    const found = faults({
      DATABASE_URL: secretUrl,
      REDIS_URL: 'redis://:hidden-2@a,b',
      JWT_SECRET: 'hidden-3',
      SERVER_PORT: '70000',
      METRICS_PORT: 'x',
      LOG_LEVEL: 'loud',
      DRAIN_PERIOD_SECONDS: '541',
      REBALANCE_PERCENT: '51',
      REBALANCE_GROUP: 'a b',
      ALLOWED_ORIGINS: 'chat.example.com',
    })

    expect(found.toSorted()).toEqual([
      'ALLOWED_ORIGINS: "chat.example.com" must be a comma list of origins such as https://chat.example.com, or *',
      'DRAIN_PERIOD_SECONDS: "541" must be a whole number from 0 to 540',
      'LOG_LEVEL: "loud" must be trace, debug, info, warn, error, fatal or silent',
      'METRICS_PORT: "x" must be a whole number from 0 to 65535',
      'REBALANCE_GROUP: "a b" must be 1 to 63 letters, digits, ".", "_" or "-"',
      'REBALANCE_PERCENT: "51" must be a whole number from 0 to 50',
      'database.url (from DATABASE_URL): must have the form mysql://USER:PASSWORD@HOST:3306/DATABASE, its scheme is postgres://',
      'jwt.secret (from JWT_SECRET): must have at least 32 characters: openssl rand -base64 32',
      'redis.url (from REDIS_URL): has 2 hosts: use redis-cluster:// or redis+sentinel://mymaster/ for more than one',
      'server.port (from SERVER_PORT): "70000" must be a whole number from 0 to 65535',
    ])
    expect(found.join()).not.toContain('hidden')
  })

  test('are the same for migrate, which checks the configuration of the services', () => {
    const broken = {
      ...file('heartbeat: { interval_ms: 1 }\nlimits: { messages_burst: 0 }\nserver: { bcrypt_cost: 4 }'),
      DATABASE_CA: 'hidden-1',
      REDIS_CA: 'hidden-2',
      JWT_SECRET: 'hidden-3',
      DRAIN_PERIOD_SECONDS: '-1',
    }
    const found = faults({ ...broken, SERVER_PORT: '-1' }, 'migrate')

    expect(found.toSorted()).toEqual([
      'DATABASE_CA: must be certificates in PEM',
      'DRAIN_PERIOD_SECONDS: "-1" must be a whole number from 0 to 540',
      'REDIS_CA: must be certificates in PEM',
      'database.url: ${DATABASE_URL} is not set: set DATABASE_URL or DATABASE_URL_FILE',
      'heartbeat.interval_ms: 1 must be a whole number from 100 to 3600000',
      'jwt.secret (from JWT_SECRET): must have at least 32 characters: openssl rand -base64 32',
      'limits.messages_burst: 0 must be a whole number from 1 to 1000000',
      'redis.url: ${REDIS_URL} is not set: set REDIS_URL or REDIS_URL_FILE',
      'server.port (from SERVER_PORT): "-1" must be a whole number from 0 to 65535',
    ])
    for (const command of ['api', 'websocket'] as const)
      expect(faults({ ...broken, SERVER_PORT: '-1' }, command)).toEqual(found)
  })

  test('name a variable once, although two fields refer to it', () => {
    const shared = file('redis: { url: "${REDIS_URL}" }\nbroadcast: { redis_url: "${REDIS_URL}" }')
    expect(faults({ ...env, ...shared, REDIS_URL: 'http://redis' })).toEqual([
      expect.stringMatching(/^redis\.url \(from REDIS_URL\): must be one of redis/),
    ])
    expect(faults({ ...env, ...shared, REDIS_URL: '' })).toHaveLength(1)
  })

  test('name a file that cannot be read, and not its variable too', () => {
    const unreadable = {
      REDIS_URL: '',
      REDIS_URL_FILE: '/nowhere/redis',
      JWT_SECRET: '',
      JWT_SECRET_FILE: '/nowhere/jwt',
    }
    expect(faults({ ...env, ...unreadable })).toEqual([
      expect.stringMatching(/^REDIS_URL_FILE: .*\/nowhere\/redis.*mount a readable file/),
      expect.stringMatching(/^JWT_SECRET_FILE: .*\/nowhere\/jwt.*mount a readable file/),
    ])
  })

  test('never quote a credential, whatever field refers to it, and cut a long value', () => {
    const misplaced = file('server: { port: "${JWT_SECRET}", bcrypt_cost: "${LONG}" }')
    const [port, cost, ...others] = faults({ ...env, ...misplaced, LONG: 'x'.repeat(10_000) })
    expect(port).toBe('server.port (from JWT_SECRET): must be a whole number from 0 to 65535')
    expect(cost).toMatch(/^server\.bcrypt_cost \(from LONG\): "x{100,200} must be a whole number/)
    expect(others).toEqual([])
  })

  test('have the names of missing variables, and that of the file which can replace each', () => {
    expect(faults({})).toEqual([
      'database.url: ${DATABASE_URL} is not set: set DATABASE_URL or DATABASE_URL_FILE',
      'redis.url: ${REDIS_URL} is not set: set REDIS_URL or REDIS_URL_FILE',
      'jwt.secret: ${JWT_SECRET} is not set: set JWT_SECRET or JWT_SECRET_FILE',
    ])
  })

  test.for([
    ['a missing file', () => ({ CONFIG_FILE: '/nowhere/production.yml' }), /CONFIG_FILE: .*nowhere.*ENOENT/],
    ['a file that is not YAML', () => file('a: [1'), /CONFIG_FILE: .*production\.yml/],
    ['a file that is a list', () => file('- 1'), /must have the sections/],
    ['a section that is a text', () => file('database: mysql'), /^database/],
    [
      'a secret that cannot be read',
      () => ({ REDIS_URL: '', REDIS_URL_FILE: '/nowhere/url' }),
      /REDIS_URL_FILE: .*mount a readable file/,
    ],
    [
      'a secret that is set twice',
      () => ({ REDIS_URL_FILE: '/nowhere/url' }),
      /REDIS_URL and REDIS_URL_FILE are both set/,
    ],
  ] as [string, () => Record<string, string>, RegExp][])('include %s', ([, variables, message]) => {
    expect(faults({ ...env, ...variables() }).join('\n')).toMatch(message)
  })

  test('do not include an origin with the port of its scheme', () => {
    const origins = (text: string) => loadConfig('api', { ...env, ALLOWED_ORIGINS: text }).allowedOrigins
    expect(origins('https://a.example.com:443, http://b.example.com:80, https://c.example.com:80')).toEqual([
      'https://a.example.com',
      'http://b.example.com',
      'https://c.example.com:80',
    ])
  })

  test('include a proxy that is no range of addresses', () => {
    const proxies = (text: string) => faults({ ...env, ...file(`server: { trusted_proxies: ${text} }`) })
    expect(proxies('[10.0.0.0/8, "fd00::/8", 192.0.2.1]')).toEqual([])
    for (const wrong of ['10.0.0.0/33', 'fd00::/129', '10.0.0', 'proxy.example.com', 'all', '0.0.0.0/0', '::/0'])
      expect(proxies(`[10.0.0.0/8, "${wrong}"]`)).toEqual([
        expect.stringMatching(/^server\.trusted_proxies\.1: .*must be an address, or a range of addresses/),
      ])
  })

  test('include a cheap bcrypt outside local and dev', () => {
    const cheap = { ...env, ...file('server: { bcrypt_cost: 9 }') }

    for (const ENVIRONMENT of ['test', 'staging', 'prod']) {
      expect(faults({ ...cheap, ENVIRONMENT })).toEqual([
        expect.stringContaining(`ENVIRONMENT is local or dev (it is ${ENVIRONMENT})`),
      ])
    }
    expect(faults(cheap)).toHaveLength(1)
    for (const ENVIRONMENT of ['local', 'dev']) expect(faults({ ...cheap, ENVIRONMENT })).toEqual([])
  })
})

describe('a credential from a file', () => {
  test('is read without its line end, and again when a symbolic link is replaced', () => {
    vi.useFakeTimers()
    mount('first')
    symlinkSync(join('..data', 'secret'), join(dir, 'secret'))
    const config = loadConfig('api', { ...env, JWT_SECRET: '', JWT_SECRET_FILE: join(dir, 'secret') })
    const changes: string[][] = []
    config.files.onChange((names) => changes.push([...names]))
    expect(config.service.jwt.secret).toBe('first'.repeat(8))

    vi.advanceTimersByTime(2000)
    expect(changes).toEqual([])
    mount('second')
    vi.advanceTimersByTime(1000)

    expect(changes).toEqual([['JWT_SECRET']])
    expect(config.files.get('JWT_SECRET')).toBe('second'.repeat(8))
    config.files.stop()
  })

  test('keeps its last value when the file is removed', () => {
    mount('first')
    symlinkSync(join('..data', 'secret'), join(dir, 'secret'))
    const { files } = loadConfig('api', { ...env, JWT_SECRET: '', JWT_SECRET_FILE: join(dir, 'secret') })
    rmSync(join(dir, 'secret'))

    files.check()

    expect(files.get('JWT_SECRET')).toBe('first'.repeat(8))
    files.stop()
  })

  let mounts = 0
  function mount(value: string): void {
    const folder = mkdtempSync(join(dir, '..version-'))
    writeFileSync(join(folder, 'secret'), `${value.repeat(8)}\n`)
    const link = join(dir, `..link-${(mounts += 1)}`)
    symlinkSync(folder, link)
    renameSync(link, join(dir, '..data'))
  }
})

describe('the configuration of a proof', () => {
  const during = {
    ...env,
    PROOF_PART: 'during',
    PROOF_OWNER: 'a1b2c3d4',
    PROOF_API_URL: 'http://chat-api.chat.svc',
    PROOF_WEBSOCKET_URL: 'ws://chat-websocket.chat.svc/',
  }
  const before = {
    ...during,
    PROOF_PART: 'before',
    PROOF_NEW_API_URL: 'http://127.0.0.1:18080',
    PROOF_NEW_WEBSOCKET_URL: 'ws://127.0.0.1:18085',
  }

  test('has defaults for the budget, and is read by no other command', () => {
    const running = { api: during.PROOF_API_URL, webSocket: during.PROOF_WEBSOCKET_URL }
    const budget = { maxLost: 0, maxGapMs: 3000, timeoutMs: 570_000 }

    expect(loadConfig('prove', during).proof).toEqual({
      part: 'during',
      owner: 'a1b2c3d4',
      running,
      fresh: undefined,
      ...budget,
    })
    expect(loadConfig('prove', before)).toMatchObject({
      server: { port: 8080 },
      proof: { fresh: { api: before.PROOF_NEW_API_URL, webSocket: before.PROOF_NEW_WEBSOCKET_URL, messages: 5000 } },
    })
    expect(loadConfig('api', { ...env, PROOF_PART: 'never' }).proof).toBeUndefined()
  })

  test.for([
    [{ PROOF_PART: 'after' }, 'PROOF_PART: "after" must be before or during'],
    [{ PROOF_PART: '' }, 'PROOF_PART: is missing: must be before or during'],
    [{ PROOF_OWNER: 'Chat-1' }, 'PROOF_OWNER: "Chat-1" must be 8 to 16 of a-z and 0-9'],
    [{ PROOF_API_URL: 'chat-api' }, 'PROOF_API_URL: "chat-api" must be a URL that begins with http:// or https://'],
    [
      { PROOF_WEBSOCKET_URL: 'http://a' },
      'PROOF_WEBSOCKET_URL: "http://a" must be a URL that begins with ws:// or wss://',
    ],
    [{ PROOF_NEW_API_URL: '' }, 'PROOF_NEW_API_URL: is missing: must be a URL'],
    [{ PROOF_MESSAGES: '0' }, 'PROOF_MESSAGES: "0" must be a whole number from 1 to 100000'],
    [{ PROOF_MAX_LOST: '-1' }, 'PROOF_MAX_LOST: "-1" must be a whole number from 0 to 1000'],
    [{ PROOF_MAX_GAP_SECONDS: '61' }, 'PROOF_MAX_GAP_SECONDS: "61" must be a whole number from 1 to 60'],
    [{ PROOF_TIMEOUT_SECONDS: '9' }, 'PROOF_TIMEOUT_SECONDS: "9" must be a whole number from 10 to 3600'],
  ] as const)('refuses %j', ([variables, fault]) => {
    expect(faults({ ...before, ...variables }, 'prove')).toEqual([fault])
  })
})

import { dev, prod, staging, test as testing } from '@chat-app/environments'
import { afterEach, describe, expect, test } from 'vitest'
import { type RedisServer, ask } from '@chat-app/sandbox-servers'
import { eventually } from '@chat-app/testing'
import { CLUSTER_CONFIG, setting, startConfigured } from './testing.ts'
import type { RedisClusterValues, RedisStandaloneValues } from '@chat-app/platform'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function start(...request: Parameters<typeof startConfigured>): Promise<RedisServer> {
  const redis = await startConfigured(...request)
  ends.push(() => redis.stop())
  return redis
}

async function settings(redis: RedisServer, names: readonly string[]) {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await setting(redis, name)] as const)))
}

describe('a real Redis', () => {
  test.each([
    [staging, { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', maxmemory: '1288490188' }],
    [prod, { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', maxmemory: '1288490188' }],
    [testing, { 'min-replicas-to-write': '1', 'min-replicas-max-lag': '10', maxmemory: '1288490188' }],
    [dev, { 'min-replicas-to-write': '0', maxmemory: '161061273' }],
  ])('of $name starts with its configuration and applies it', async (environment, own) => {
    const redis = await start(environment, environment.redis.kind === 'cluster' ? CLUSTER_CONFIG : [])
    const expected = {
      save: '900 1 300 10 60 10000',
      appendonly: 'yes',
      appendfsync: 'everysec',
      'maxmemory-policy': 'noeviction',
      maxclients: '10000',
      'tcp-keepalive': '300',
      timeout: '0',
      ...own,
    }
    expect(await settings(redis, Object.keys(expected))).toEqual(expected)
  })

  test('keeps its data after a kill', async () => {
    const redis = await start(dev)
    await redis.command('SET', 'session', 'kept')
    await redis.kill()
    await redis.start()
    expect(await redis.command('GET', 'session')).toBe('kept')
  })

  test('that is full rejects writes, keeps presence keys and still delivers messages', async () => {
    const memory = '8Mi'
    const values = dev.redis as RedisStandaloneValues
    const { requests, limits } = values.resources
    const resources = { requests: { ...requests, memory }, limits: { ...limits, memory } }
    const redis = await start({ ...dev, redis: { ...values, resources } })
    const names = Array.from({ length: 50 }, (_, index) => `presence:${index}`)
    for (const name of names) await redis.command('SET', name, 'online', 'EX', '60')

    const room = 'x'.repeat(64 * 1024)
    const fill = async () => {
      for (let index = 0; index < 200; index += 1) await redis.command('SET', `cache:${index}`, room)
    }
    await expect(fill()).rejects.toThrow('OOM command not allowed')
    expect(await redis.command('EXISTS', ...names)).toBe('50')
    expect(await redis.command('INFO', 'stats')).toContain('evicted_keys:0')
    expect(await redis.command('PUBLISH', 'chat:room:1', 'hello')).toBe('0')

    for (let index = 0; index < 50; index += 1) await redis.command('DEL', `cache:${index}`)
    await eventually(() => redis.command('SET', 'presence:new', 'online', 'EX', '60'))
  })

  test('accepts a new password and the old one, so that clients can change over', async () => {
    const master = await start(dev, [], ['--repl-diskless-sync-delay', '0'])
    const replica = await start(dev, [], ['--replicaof', `127.0.0.1 ${master.port}`])
    await eventually(async () => expect(await replica.command('INFO', 'replication')).toContain('link_status:up'))
    for (const redis of [master, replica]) {
      await redis.command('ACL', 'SETUSER', 'default', '>new')
      await redis.command('CONFIG', 'SET', 'masterauth', 'new')
    }
    const renewed = { host: '127.0.0.1', port: master.port, password: 'new' }
    expect(await ask(renewed, ['SET', 'a', '1'])).toBe('OK')
    expect(await master.command('GET', 'a')).toBe('1')
    await eventually(async () => expect(await replica.command('GET', 'a')).toBe('1'))
  })

  test('of the environment test accepts writes only with a replica, and delivers messages without one', async () => {
    const master = await start(testing, [], ['--repl-diskless-sync-delay', '0'])
    await expect(master.command('SET', 'a', '1')).rejects.toThrow('NOREPLICAS')
    expect(await master.command('PUBLISH', 'chat:room:1', 'hello')).toBe('0')
    await start(testing, [], ['--replicaof', `127.0.0.1 ${master.port}`])
    await eventually(async () => expect(await master.command('SET', 'a', '1')).toBe('OK'))
  })
})

test('the node timeout of production was measured', () => {
  expect([500, 1000, 2000, 5000, 15_000]).toContain((prod.redis as RedisClusterValues).nodeTimeoutMs)
})

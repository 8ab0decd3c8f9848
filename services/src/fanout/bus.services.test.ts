import { afterEach, describe, expect, test } from 'vitest'
import {
  startRedis,
  startRedisCluster,
  startRedisSentinels,
  type RedisCluster,
  type RedisServer,
} from '@chat-app/sandbox-servers'
import { eventually, must } from '@chat-app/testing'
import { RedisProxy, type RedisFault } from '../../test/redis-proxy.ts'
import { Bus } from './bus.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** A publisher and a subscriber over one Redis, and the last sequence number that arrived on each channel. */
function setUp(url: string) {
  const [from, to] = [new Bus({ url }), new Bus({ url })]
  ends.push(() => (from.close(), to.close()))
  const arrived = new Map<string, number>()
  to.onEnvelope((channel, { seq }) => arrived.set(channel, seq))
  let seq = 0
  return {
    from,
    to,
    /** Publishes until a message of this call has arrived on every channel. */
    untilCarried: (channels: readonly string[]) => {
      const first = (seq += 1)
      return eventually(() => {
        seq += 1
        for (const channel of channels) from.publish(channel, { epoch: 1, seq, frame: Buffer.from('x') })
        for (const channel of channels) expect(arrived.get(channel) ?? 0).toBeGreaterThan(first)
      })
    },
    arrived,
  }
}

const channels = Array.from({ length: 12 }, (_, i) => `chat:room:${i}`)

describe('the bus carries messages', () => {
  test('over one Redis, after its restart too, and only those of subscribed channels', async () => {
    const redis = await startRedis()
    ends.push(() => redis.stop())
    const { to, untilCarried, arrived } = setUp(redis.url)
    // There is no connection yet: the channels are subscribed on connect.
    for (const channel of channels) void to.subscribe(channel)
    await untilCarried(channels)

    to.unsubscribe(channels[0] as string)
    await redis.kill()
    await eventually(() => expect(to.trouble).toContain('ECONNREFUSED'))
    await redis.start()
    await untilCarried(channels.slice(1))
    const before = arrived.get(channels[0] as string)
    await untilCarried(channels.slice(1))
    expect(arrived.get(channels[0] as string)).toBe(before)
  })

  test('over a Redis Cluster, after the loss of a master too', async () => {
    const cluster = await startRedisCluster({ nodeTimeoutMs: 1000 })
    ends.push(() => cluster.stop())
    const { to, untilCarried } = setUp(cluster.url)
    await Promise.all(channels.map((channel) => to.subscribe(channel)))
    await untilCarried(channels)

    const [master] = await cluster.masters()
    await master?.kill()

    await untilCarried(channels)
    expect(await cluster.masters()).not.toContain(master)
  })

  test('over Sentinel, after the failover to the replica too', async () => {
    const sentinels = await startRedisSentinels()
    ends.push(() => sentinels.stop())
    const { to, untilCarried } = setUp(sentinels.url)
    await Promise.all(channels.map((channel) => to.subscribe(channel)))
    await untilCarried(channels)

    await sentinels.master.kill()

    await untilCarried(channels)
    expect(await sentinels.replica.command('ROLE')).toContain('master')
  })

  test('after all connections were opened again with another password', async () => {
    const redis = await startRedis()
    ends.push(() => redis.stop())
    const { from, to, untilCarried } = setUp(redis.url)
    await to.subscribe('chat:room:1')
    await untilCarried(['chat:room:1'])

    await redis.command('ACL', 'SETUSER', 'second', 'on', '>another', 'allcommands', 'allchannels', 'allkeys')
    const url = redis.url.replace('redis://:sandbox-only@', 'redis://second:another@')
    for (const bus of [from, to]) bus.refresh(url)

    await untilCarried(['chat:room:1'])
    await eventually(async () => {
      const users = (await redis.command('CLIENT', 'LIST')).match(/user=\w+/g) ?? []
      expect(users.filter((user) => user === 'user=second').length).toBeGreaterThanOrEqual(3)
    })
  })
})

test('without Redis the bus sends nothing and throws nothing', async () => {
  const { from, to } = setUp('redis://127.0.0.1:1')
  await to.subscribe('chat:room:1')
  expect(from.publish('chat:room:1', { epoch: 1, seq: 1, frame: Buffer.from('x') })).toBe(false)
  await eventually(() => expect(from.trouble).toContain('ECONNREFUSED'))
})

describe('a bus whose events are missing', () => {
  test.for(['swallow', 'deafen'] satisfies RedisFault[])(
    'finds a fault of its own (%s), says so, and recovers; another bus keeps its connections',
    async (fault) => {
      const redis = await startRedis()
      ends.push(() => redis.stop())
      const [faulty, sound] = await Promise.all([RedisProxy.start(redis.port), RedisProxy.start(redis.port)])
      ends.push(() => Promise.all([faulty[Symbol.asyncDispose](), sound[Symbol.asyncDispose]()]))
      const reopened: string[] = []
      const [ill, well] = [faulty, sound].map((proxy) => {
        const url = redis.url.replace(`:${redis.port}`, `:${proxy.port}`)
        const bus = new Bus({ url, onReopen: () => reopened.push(proxy === faulty ? 'ill' : 'well') })
        ends.push(() => bus.close())
        return bus
      }) as [Bus, Bus]
      await Promise.all([ill.subscribe('chat:room:1'), well.subscribe('chat:room:1')])
      await eventually(() => expect([ill.trouble, well.trouble]).toEqual([undefined, undefined]))
      const before = [faulty.connections, sound.connections]
      expect(before).toEqual([2, 2])

      faulty.fault = fault
      let seq = 0
      // Each of them finds events in the database, and the one that publishes hears nothing of it.
      await eventually(() => {
        ill.publish('chat:room:1', { epoch: 1, seq: (seq += 1), frame: Buffer.from('x') })
        well.suspect('chat:room:1')
        if (fault === 'deafen') ill.suspect('chat:room:1')
        expect(well.trouble).toBeUndefined()
        expect(ill.trouble).toContain('what it publishes does not return')
      })
      expect(new Set(reopened)).toEqual(new Set(['ill']))
      await eventually(() => expect(faulty.connections).toBeGreaterThan(2))
      expect(sound.connections).toBe(2)
      expect(await probes(redis)).toBeGreaterThan(0)

      faulty.fault = undefined
      await eventually(() => expect(ill.trouble).toBeUndefined())
      const heard: number[] = []
      well.onEnvelope((_, envelope) => heard.push(envelope.seq))
      ill.onEnvelope((_, envelope) => heard.push(envelope.seq))
      await eventually(() => {
        ill.publish('chat:room:1', { epoch: 1, seq: (seq += 1), frame: Buffer.from('x') })
        expect(heard.length).toBeGreaterThan(1)
      })
      expect(sound.connections).toBe(2)
    },
  )

  test('keeps its connections to a Redis that is slow, and says so', async () => {
    const redis = await startRedis()
    ends.push(() => redis.stop())
    const proxy = await RedisProxy.start(redis.port)
    ends.push(() => proxy[Symbol.asyncDispose]())
    const reopened: string[] = []
    const slowSeconds: number[] = []
    const bus = new Bus({
      url: redis.url.replace(`:${redis.port}`, `:${proxy.port}`),
      onReopen: (trouble) => reopened.push(trouble),
      onSlow: (seconds) => slowSeconds.push(seconds),
    })
    ends.push(() => bus.close())
    await bus.subscribe('chat:room:1')
    await eventually(() => expect(bus.trouble).toBeUndefined())

    proxy.fault = 'delay'
    // Three that were given up would open the connections again.
    await eventually(() => {
      bus.suspect('chat:room:1')
      expect(slowSeconds.length).toBeGreaterThan(4)
    })
    expect(Math.min(...slowSeconds)).toBeGreaterThan(2)
    expect([bus.trouble, reopened]).toEqual([undefined, []])
    expect(proxy.connections).toBe(2)
  })

  test('probes through the shard of the room on a Redis Cluster', async () => {
    const cluster = await startRedisCluster({ nodeTimeoutMs: 1000 })
    ends.push(() => cluster.stop())
    const reopened: string[] = []
    const bus = new Bus({ url: cluster.url, onReopen: (trouble) => reopened.push(trouble) })
    ends.push(() => bus.close())
    // Slots of different masters.
    const [first, second] = ['chat:room:1', 'chat:room:2'] as const
    await eventually(async () => {
      await Promise.all([bus.subscribe(first), bus.subscribe(second)])
      expect(bus.trouble).toBeUndefined()
    })
    const refusing = await masterOf(cluster, first)
    expect(refusing).not.toBe(await masterOf(cluster, second))
    await refusing.command('ACL', 'SETUSER', 'default', '-spublish')

    bus.suspect(second)
    await eventually(async () => expect(await probes(await masterOf(cluster, second))).toBeGreaterThan(0))
    expect([bus.trouble, reopened]).toEqual([undefined, []])
    bus.suspect(first)
    await eventually(() => expect(bus.trouble).toContain('NOPERM'))
    expect(reopened[0]).toContain('NOPERM')

    await refusing.command('ACL', 'SETUSER', 'default', '+spublish')
    await eventually(() => expect(bus.trouble).toBeUndefined())
  })

  test('and that subscribes to nothing judges by the replies', async () => {
    const redis = await startRedis()
    ends.push(() => redis.stop())
    const { from } = setUp(redis.url)
    const publish = () => from.publish('chat:room:1', { epoch: 1, seq: 1, frame: Buffer.from('x') })
    await eventually(() => expect(publish()).toBe(true))
    expect(from.trouble).toBeUndefined()

    await redis.command('ACL', 'SETUSER', 'default', '-publish')
    publish()
    await eventually(() => expect(from.trouble).toContain('NOPERM'))
    await redis.command('ACL', 'SETUSER', 'default', '+publish')
    await eventually(() => expect(from.trouble).toBeUndefined())
  })
})

/** How many messages a Redis was asked to publish. */
async function probes(redis: RedisServer): Promise<number> {
  const calls = [...(await redis.command('INFO', 'commandstats')).matchAll(/cmdstat_s?publish:calls=(\d+)/g)]
  return calls.reduce((sum, [, number]) => sum + Number(number), 0)
}

/** The master that has the slot of a channel. */
async function masterOf(cluster: RedisCluster, channel: string): Promise<RedisServer> {
  const masters = await cluster.masters()
  const answers = await Promise.all(
    masters.map((master) => master.command('GET', channel).catch((error: Error) => error.message)),
  )
  return must(
    masters.find((_, index) => !answers[index]?.startsWith('MOVED')),
    `a master of ${channel}`,
  )
}

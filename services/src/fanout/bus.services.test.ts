import { afterEach, describe, expect, test } from 'vitest'
import { startRedis, startRedisCluster, startRedisSentinels } from '@chat-app/sandbox-servers'
import { eventually } from '@chat-app/testing'
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

import { environments, prod, staging } from '@chat-app/environments'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { expect, test } from 'vitest'
import { parseRedisUrl } from '@chat-app/services/redis-url'
import { activeCluster, applied, redisAddress } from '@chat-app/platform'
import { one, type Loose } from '@chat-app/chat/testing'

const addresses = Object.fromEntries(
  environments.map((environment) => {
    const { scheme, hosts } = redisAddress(environment.redis, environment.dataNamespace)
    return [environment.name, parseRedisUrl(`${scheme}://:a-password@${hosts}`)]
  }),
)

test.each([
  ['local', 'cluster', false, 6, 'redis-0.redis.chat-app-db.svc', 6379],
  ['dev', 'single', false, 1, 'chat-app-redis.chat-app-db.svc', 6379],
  ['test', 'sentinel', false, 3, 'chat-app-redis-sentinel-0.chat-app-redis-sentinel-headless.chat-app-db.svc', 26_379],
  ['staging', 'cluster', true, 6, 'chat-app-redis-leader-0.chat-app-redis-leader-headless.chat-app-db.svc', 6379],
  ['prod', 'cluster', true, 6, 'chat-app-redis-leader-0.chat-app-redis-leader-headless.chat-app-db.svc', 6379],
])('the services parse the address of %s: %s', (name, kind, tls, count, host, port) => {
  const address = addresses[name]
  expect(address).toMatchObject({ kind, tls, password: 'a-password' })
  expect(address?.nodes).toHaveLength(count)
  expect(address?.nodes[0]).toEqual({ host, port })
})

test('a Sentinel address names the master', () => {
  expect(addresses['test']?.master).toBe('mymaster')
})

test.each([staging, prod])(
  'the certificate of $name has every host of the address, with and without cluster.local',
  (environment) => {
    const { dnsNames } = one(applied(activeCluster(environment)), 'Certificate', 'chat-app-redis-tls').spec
    const names = dnsNames.map((name: Loose) => `DNS:${name}`).join(', ')
    const certificate = { subject: {}, subjectaltname: names } as PeerCertificate
    for (const { host } of addresses[environment.name]?.nodes ?? []) {
      expect(checkServerIdentity(host, certificate)).toBeUndefined()
      expect(checkServerIdentity(`${host}.cluster.local`, certificate)).toBeUndefined()
    }
    expect(checkServerIdentity('chat-app-redis-leader-0', certificate)).toBeInstanceOf(Error)
  },
)

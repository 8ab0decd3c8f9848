import { describe, expect, test } from 'vitest'
import { parseRedisUrl } from './redis-url.ts'

describe('a URL of a documented form is parsed', () => {
  test.for([
    [
      'redis://redis-host:6379',
      { kind: 'single', nodes: [{ host: 'redis-host', port: 6379 }], database: 0, tls: false },
    ],
    [
      'redis://:p%40ss@h/2',
      { kind: 'single', nodes: [{ host: 'h', port: 6379 }], password: 'p@ss', database: 2, tls: false },
    ],
    [
      'rediss://user:pw@h:1',
      { kind: 'single', nodes: [{ host: 'h', port: 1 }], username: 'user', password: 'pw', database: 0, tls: true },
    ],
    ['redis://[::1]:7', { kind: 'single', nodes: [{ host: '::1', port: 7 }], database: 0, tls: false }],
    [
      'redis+sentinel://mymaster/s1:26379,s2,s3:1',
      {
        kind: 'sentinel',
        master: 'mymaster',
        nodes: [
          { host: 's1', port: 26379 },
          { host: 's2', port: 26379 },
          { host: 's3', port: 1 },
        ],
        database: 0,
        tls: false,
      },
    ],
    [
      'redis-cluster://:a@b@n1:6379,n2:6380',
      {
        kind: 'cluster',
        nodes: [
          { host: 'n1', port: 6379 },
          { host: 'n2', port: 6380 },
        ],
        password: 'a@b',
        database: 0,
        tls: false,
      },
    ],
  ] as const)('%s', ([url, address]) => {
    expect(parseRedisUrl(url)).toEqual(address)
  })
})

describe('any other URL', () => {
  test.for([
    ['http://h', 'must be one of redis[s]://'],
    ['', 'must be one of redis[s]://'],
    ['redis://', 'is not HOST:PORT'],
    ['redis://h:0', 'is not HOST:PORT'],
    ['redis://h:99999', 'is not HOST:PORT'],
    ['redis://h:x', 'is not HOST:PORT'],
    ['redis://a,b', 'use redis-cluster:// or redis+sentinel://mymaster/'],
    ['redis://user@h', 'has a user without a password'],
    ['redis://h/x', 'its database "x" is not a number'],
    ['redis://h/0/1', 'too many "/"'],
    ['redis-cluster://h/1', 'a Redis Cluster has only database 0'],
    ['redis-cluster://a,,b', 'is not HOST:PORT'],
    ['redis+sentinel://s1:26379,s2:26379', 'must name the master set'],
    ['redis+sentinel:///s1', 'must name the master set'],
  ] as const)('%s is refused with the reason', ([url, reason]) => {
    expect(() => parseRedisUrl(url)).toThrow(reason)
  })

  test('is refused with an error that has no password', () => {
    for (const url of [
      'redis://default:hidden',
      'redis://:hidden@h:x',
      'redis-cluster://:hidden@a,b:0',
      'redis+sentinel://:hidden@m',
    ]) {
      expect(() => parseRedisUrl(url)).toThrow(/^(?!.*hidden)/)
    }
  })
})

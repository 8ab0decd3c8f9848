import { prod } from '@chat-app/environments'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority } from '@chat-app/sandbox-machine'
import { freePort } from '@chat-app/sandbox-servers'
import { openRedis } from '@chat-app/services/redis-client'
import { eventually } from '@chat-app/testing'
import { CLUSTER_CONFIG, setting, startConfigured } from './testing.ts'

let dir: string
beforeAll(async () => (dir = await mkdtemp(join(tmpdir(), 'chat-redis-tls-'))))
afterAll(() => rm(dir, { recursive: true, force: true }))

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

describe('the Redis Cluster of production over TLS', () => {
  /** Starts a node that has all slots and the operator's TLS settings, and announces its host name. */
  async function startNode() {
    const authority = await createAuthority('platform-ca')
    const { certificate, key } = await authority.issue({
      commonName: 'redis',
      dnsNames: ['localhost'],
      usages: ['server', 'client'],
    })
    const files = { 'ca.crt': authority.certificate, 'tls.crt': certificate, 'tls.key': key }
    for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content)
    const port = await freePort()
    const redis = await startConfigured(prod, [
      ...CLUSTER_CONFIG,
      'cluster-announce-ip 127.0.0.1',
      'cluster-announce-hostname localhost',
      `cluster-port ${await freePort()}`,
      `tls-cert-file ${join(dir, 'tls.crt')}`,
      `tls-key-file ${join(dir, 'tls.key')}`,
      `tls-ca-cert-file ${join(dir, 'ca.crt')}`,
      'tls-auth-clients optional',
      'tls-replication yes',
      'tls-cluster yes',
      'cluster-preferred-endpoint-type hostname',
      `tls-port ${port}`,
    ])
    ends.push(() => redis.stop())
    await redis.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await eventually(async () => expect(await redis.command('CLUSTER', 'INFO')).toContain('cluster_state:ok'))
    return { port, password: await setting(redis, 'requirepass'), ca: authority.certificate }
  }

  test('serves clients by its URL, and only those that trust its CA', async () => {
    const { port, password, ca } = await startNode()
    const url = `rediss-cluster://:${password}@localhost:${port}`
    const open = (authority?: string) => {
      const client = openRedis({ url, ca: authority, name: 'test' })
      client.on('error', () => undefined)
      ends.push(() => client.disconnect())
      return client
    }
    const trusting = open(ca)
    await eventually(async () => expect(await trusting.set('key', 'value')).toBe('OK'))

    const distrusting = open()
    await once(distrusting, 'error')
    await expect(distrusting.get('key')).rejects.toThrow("Cluster isn't ready")
  })
})

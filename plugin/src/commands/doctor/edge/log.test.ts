import { expect, test } from 'vitest'
import type { Cluster } from '../../../cluster/cluster.ts'
import type { Site } from '../site.ts'
import { securityLog } from './log.ts'

const LINES = [
  'no JSON',
  '{"security":"login_failed","user":"somebody","address":"10.0.0.1"}',
  '{"security":"login_failed","user":"doctor-1","address":"198.51.100.4"}',
]

const cluster: Cluster = {
  kubectl: async () => '',
  inNamespace: [],
  results: async ([verb, kind]) => {
    const lists: Record<string, object[]> = {
      pods: [{ status: { podIP: '10.1.0.5' } }, {}],
      nodes: [{ status: { addresses: [{ address: '10.0.0.7' }, { address: 'node-1' }] } }],
    }
    if (verb === 'logs') return { code: 0, out: `${LINES.join('\n')}\n`, err: '' }
    return { code: 0, out: JSON.stringify({ items: lists[kind ?? ''] }), err: '' }
  },
}

test('the security log of the API tells the address of a log-in, and the cluster those that are no client', async () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it reads no more of a site
  const log = securityLog({ cluster, namespace: 'here', name: 'chat' } as Site)
  expect(await log.addressOf('doctor-1')).toBe('198.51.100.4')
  expect([...(await log.inside())]).toEqual(['10.1.0.5', '10.0.0.7', 'node-1'])
})

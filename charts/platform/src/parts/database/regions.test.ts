import { prod } from '../../testing/environments/index.ts'
import { describe, expect, test } from 'vitest'
import { one, type Loose } from '@chat-app/chat/testing'
import { clustersOf } from '../../check/clusters.ts'
import type { Cluster } from '../../environment/cluster.ts'
import type { Environment } from '../../environment/environment.ts'
import { databaseObjects } from './testing.ts'

const inUsEast: Environment = {
  ...prod,
  regions: { ...prod.regions, active: 'us-east' } as Environment['regions'] & {},
}

function clusterOf(environment: Environment, region: string): Cluster {
  const found = clustersOf(environment).find(({ folder }) => folder === `prod/${region}`)
  if (found === undefined) throw new Error(`no region ${region}`)
  return found
}

const spec = (environment: Environment, region: string): Loose =>
  one(databaseObjects(clusterOf(environment, region)), 'PerconaXtraDBCluster', 'chat-app-mysql').spec

const jobs = (environment: Environment, region: string) =>
  databaseObjects(clusterOf(environment, region)).filter(({ kind }) => kind === 'Job')

/** The paths of the fields that differ. */
function differences(before: Loose, after: Loose, path = ''): string[] {
  if (before === after) return []
  if (typeof before !== 'object' || typeof after !== 'object') return [path]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => differences(before[key], after[key], `${path}.${key}`)).sort()
}

describe('while eu-central takes the writes', () => {
  test('it is the source, and us-east follows it over verified TLS', () => {
    expect(spec(prod, 'eu-central').pxc.replicationChannels).toEqual([{ name: 'active_region', isSource: true }])
    expect(spec(prod, 'us-east').pxc.replicationChannels).toEqual([
      {
        name: 'active_region',
        isSource: false,
        sourcesList: [{ host: 'mysql.eu-central.chat-app.com', port: 3306, weight: 100 }],
        configuration: { sourceRetryCount: 3, sourceConnectRetry: 60, ssl: true, ca: '/etc/mysql/ssl/ca.crt' },
      },
    ])
  })

  test.each(['eu-central', 'us-east'])('%s can be reached at its own name from private networks alone', (region) => {
    const { pxc, tls } = spec(prod, region)
    expect(pxc.expose).toEqual({
      enabled: true,
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['10.0.0.0/8'],
      annotations: { 'external-dns.alpha.kubernetes.io/hostname': `mysql.${region}.chat-app.com` },
    })
    expect(tls.SANs).toContain(`mysql.${region}.chat-app.com`)
  })

  test("its load balancers are internal by the annotations of the cloud, beside the node's own name", () => {
    const annotations = { 'networking.gke.io/load-balancer-type': 'Internal' }
    const replication = { sourceRanges: ['10.0.0.0/8'], annotations }
    const database = { ...prod.database, replication } as Environment['database']
    expect(spec({ ...prod, database }, 'us-east').pxc.expose.annotations).toEqual({
      ...annotations,
      'external-dns.alpha.kubernetes.io/hostname': 'mysql.us-east.chat-app.com',
    })
  })

  test('each region makes full backups in its own folder, and only the active one uploads its binary log', () => {
    const [active, other] = [spec(prod, 'eu-central').backup, spec(prod, 'us-east').backup]
    expect(active.storages.full.s3.bucket).toBe('chat-app-prod-mysql/full/eu-central')
    expect(other.storages.full.s3.bucket).toBe('chat-app-prod-mysql/full/us-east')
    expect(active.storages.binlogs.s3.bucket).toBe('chat-app-prod-mysql/binlogs/eu-central')
    expect(other.schedule).toEqual(active.schedule)
    expect([active.pitr.enabled, other.pitr.enabled]).toEqual([true, false])
  })

  test('users are made there, and reach the other region as data', () => {
    expect(jobs(prod, 'eu-central')).toHaveLength(1)
    expect(jobs(prod, 'us-east')).toEqual([])
  })
})

describe('when us-east becomes active', () => {
  const channel = '.pxc.replicationChannels.0'
  const flipped = ['.backup.pitr.enabled', `${channel}.configuration`, `${channel}.isSource`, `${channel}.sourcesList`]

  test.each(['eu-central', 'us-east'])('nothing changes in %s but the channel and the upload of the log', (region) => {
    expect(differences(spec(prod, region), spec(inUsEast, region))).toEqual(flipped)
  })

  test('the two regions have changed places', () => {
    expect(spec(inUsEast, 'us-east').pxc.replicationChannels).toEqual(spec(prod, 'eu-central').pxc.replicationChannels)
    expect(spec(inUsEast, 'eu-central').pxc.replicationChannels[0].sourcesList[0].host).toBe(
      'mysql.us-east.chat-app.com',
    )
    expect(jobs(inUsEast, 'us-east')).toEqual(jobs(prod, 'eu-central'))
    expect(jobs(inUsEast, 'eu-central')).toEqual([])
  })
})

test('a database of one region is reached from nowhere else', () => {
  const { regions: _, ...environment } = prod
  const [cluster] = clustersOf(environment)
  const { pxc } = one(databaseObjects(cluster as Cluster), 'PerconaXtraDBCluster', 'chat-app-mysql').spec
  expect(pxc).not.toHaveProperty('expose')
  expect(pxc).not.toHaveProperty('replicationChannels')
})

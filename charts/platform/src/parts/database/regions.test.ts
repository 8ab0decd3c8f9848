import { full, regional } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { one, type Loose } from '@chat-app/chat/testing'
import { clustersOf } from '../../check/clusters.ts'
import type { Cluster } from '../../environment/cluster.ts'
import type { Environment } from '../../environment/environment.ts'
import { databaseObjects } from '../../testing/database.ts'

const withWestActive: Environment = {
  ...regional,
  regions: { ...regional.regions, active: 'west' } as Environment['regions'] & {},
}

function clusterOf(environment: Environment, region: string): Cluster {
  const found = clustersOf(environment).find(({ folder }) => folder === `regional/${region}`)
  if (found === undefined) throw new Error(`no region ${region}`)
  return found
}

const spec = (environment: Environment, region: string): Loose =>
  one(databaseObjects(clusterOf(environment, region)), 'PerconaXtraDBCluster', 'db').spec

const jobs = (environment: Environment, region: string) =>
  databaseObjects(clusterOf(environment, region)).filter(({ kind }) => kind === 'Job')

/** The paths of the fields that differ. */
function differences(before: Loose, after: Loose, path = ''): string[] {
  if (before === after) return []
  if (typeof before !== 'object' || typeof after !== 'object') return [path]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => differences(before[key], after[key], `${path}.${key}`)).sort()
}

describe('while east takes the writes', () => {
  test('it is the source, and west replicates from it over verified TLS', () => {
    expect(spec(regional, 'east').pxc.replicationChannels).toEqual([{ name: 'active_region', isSource: true }])
    expect(spec(regional, 'west').pxc.replicationChannels).toEqual([
      {
        name: 'active_region',
        isSource: false,
        sourcesList: [{ host: 'db.east.example.com', port: 3306, weight: 100 }],
        configuration: { sourceRetryCount: 3, sourceConnectRetry: 60, ssl: true, ca: '/etc/mysql/ssl/ca.crt' },
      },
    ])
  })

  test.each(['east', 'west'])('%s can be reached at its own name from private networks alone', (region) => {
    const { pxc, tls } = spec(regional, region)
    expect(pxc.expose).toEqual({
      enabled: true,
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['10.0.0.0/8'],
      annotations: { 'external-dns.alpha.kubernetes.io/hostname': `db.${region}.example.com` },
    })
    expect(tls.SANs).toContain(`db.${region}.example.com`)
  })

  test('its load balancers have the annotations of the values, and the DNS name of the region', () => {
    const annotations = { 'networking.gke.io/load-balancer-type': 'Internal' }
    const replication = { sourceRanges: ['10.0.0.0/8'], annotations }
    const database = { ...regional.database, replication } as Environment['database']
    expect(spec({ ...regional, database }, 'west').pxc.expose.annotations).toEqual({
      ...annotations,
      'external-dns.alpha.kubernetes.io/hostname': 'db.west.example.com',
    })
  })

  test('each region makes full backups in its own folder, and only the active one uploads its binary log', () => {
    const [active, other] = [spec(regional, 'east').backup, spec(regional, 'west').backup]
    expect(active.storages.full.s3.bucket).toBe('chat-backups/full/east')
    expect(other.storages.full.s3.bucket).toBe('chat-backups/full/west')
    expect(active.storages.binlogs.s3.bucket).toBe('chat-backups/binlogs/east')
    expect(other.schedule).toEqual(active.schedule)
    expect([active.pitr.enabled, other.pitr.enabled]).toEqual([true, false])
  })

  test('users are created in the active region, and replicated to the other', () => {
    expect(jobs(regional, 'east')).toHaveLength(1)
    expect(jobs(regional, 'west')).toEqual([])
  })
})

describe('when west becomes active', () => {
  const channel = '.pxc.replicationChannels.0'
  const flipped = ['.backup.pitr.enabled', `${channel}.configuration`, `${channel}.isSource`, `${channel}.sourcesList`]

  test.each(['east', 'west'])('nothing changes in %s but the channel and the upload of the log', (region) => {
    expect(differences(spec(regional, region), spec(withWestActive, region))).toEqual(flipped)
  })

  test('the two regions have swapped their roles', () => {
    expect(spec(withWestActive, 'west').pxc.replicationChannels).toEqual(spec(regional, 'east').pxc.replicationChannels)
    expect(spec(withWestActive, 'east').pxc.replicationChannels[0].sourcesList[0].host).toBe('db.west.example.com')
    expect(jobs(withWestActive, 'west')).toEqual(jobs(regional, 'east'))
    expect(jobs(withWestActive, 'east')).toEqual([])
  })
})

test('a database of a single region is not reachable from outside, and must not be said to be', () => {
  const { regions: _, ...environment } = regional
  expect(() => clustersOf(environment)).toThrow('database.replication: must not be set without regions')
  const [cluster] = clustersOf(full)
  const { pxc } = one(databaseObjects(cluster as Cluster), 'PerconaXtraDBCluster', 'db').spec
  expect(pxc).not.toHaveProperty('expose')
  expect(pxc).not.toHaveProperty('replicationChannels')
})

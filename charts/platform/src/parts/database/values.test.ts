import { environments, regional } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { faultsOf } from '@chat-app/chat/constructs'
import { clustersOf } from '../../check/clusters.ts'
import { EnvironmentError } from '../../environment/environment.ts'
import { databaseValues, type PxcValues } from '../../environment/database.ts'

const valid = regional.database as PxcValues
const { backup } = valid

/** The faults of the database with changed fields; undefined removes a field. */
function faults(changes: object): string[] {
  const values = Object.fromEntries(Object.entries({ ...valid, ...changes }).filter(([, value]) => value !== undefined))
  const { error } = databaseValues.safeParse(values)
  return error === undefined ? [] : faultsOf(error, values, 'database')
}

test('the databases of all environments are valid', () => {
  for (const { database } of environments) expect(databaseValues.safeParse(database).error).toBeUndefined()
})

describe('values that the operator of the database would reject are rejected', () => {
  test.each([
    [
      'a long name',
      { name: 'a-name-of-23-characters' },
      'database.name: must have at most 22 characters (it is "a-name-of-23-characters")',
    ],
    [
      'two nodes',
      { size: 2 },
      'database.size: must be 3 to 5: the operator rejects others unless unsafe.pxcSize is true (it is 2)',
    ],
    ['seven nodes', { size: 7 }, 'database.size: must be 3 to 5'],
    ['an even number of nodes', { size: 4 }, 'database.size: must be odd, so that a network split leaves a majority'],
    ['one proxy', { proxy: { ...valid.proxy, size: 1 } }, 'database.proxy.size: must be at least 2'],
    [
      'no proxy',
      { proxy: undefined },
      'database.proxy: must be a proxy of kind haproxy or proxysql: the operator rejects SmartUpdate without one',
    ],
    ['an unknown proxy', { proxy: { ...valid.proxy, kind: 'router' } }, 'must be a proxy of kind haproxy or proxysql'],
    ['a ProxySQL without a volume', { proxy: { ...valid.proxy, kind: 'proxysql' } }, 'database.proxy.storage: '],
    [
      'an old release',
      { crVersion: '1.10.0' },
      'database.crVersion: must be 1.18 to 1.20: the platform supports these releases of the operator',
    ],
    ['a release before the first', { crVersion: '0.18.0' }, 'database.crVersion: must be 1.18 to 1.20'],
    ['a newer release', { crVersion: '1.99.0' }, 'database.crVersion: must be 1.18 to 1.20'],
    ['the next major release', { crVersion: '2.0.0' }, 'database.crVersion: must be 1.18 to 1.20'],
    ['no release', { crVersion: 'latest' }, 'database.crVersion: must be a release such as 1.18.0 (it is "latest")'],
    [
      'an image of no release',
      { image: 'docker.io/percona/percona-xtradb-cluster:latest' },
      'database.image: must name a release',
    ],
    [
      'an image without the host of its registry',
      { image: 'percona/percona-xtradb-cluster:8.4.7-7.1' },
      'database.image: must begin with the host of its registry, such as docker.io/percona/haproxy:2.8.17',
    ],
    ['MySQL 8.4 on an operator of before', { crVersion: '1.18.0' }, 'database.crVersion: must be at least 1.19.0'],
    [
      'backups of another major version',
      { backup: { ...backup, image: 'docker.io/percona/backup:8.0' } },
      'database.backup.image: must be of the same major version as database.image',
    ],
    [
      'an invalid schedule of the window',
      { maintenance: { apply: 'disabled', schedule: '0 4 * * 7' } },
      'database.maintenance.schedule: must be a cron schedule: the day of the week',
    ],
    [
      'an unknown upgrade',
      { maintenance: { apply: 'newest', schedule: '0 4 * * 0' } },
      'database.maintenance.apply: must be disabled, recommended',
    ],
    ['an unknown flag', { unsafe: { tls: true } }, 'database.unsafe: '],
    ['an unknown field', { uploadIntervalSeconds: 60 }, 'uploadIntervalSeconds'],
  ])('%s', (_, changes, fault) => {
    expect(faults(changes)).toContainEqual(expect.stringContaining(fault))
  })

  test('an unsafe size is accepted with its flag', () => {
    expect(faults({ size: 1, unsafe: { pxcSize: true } })).toEqual([])
    expect(faults({ size: 6, unsafe: { pxcSize: true } })).toEqual([])
    expect(faults({ proxy: { ...valid.proxy, size: 1 }, unsafe: { proxySize: true } })).toEqual([])
    expect(faults({ size: 1, unsafe: { proxySize: true } })).not.toEqual([])
  })

  test('ProxySQL is accepted instead of HAProxy', () => {
    expect(faults({ proxy: { ...valid.proxy, kind: 'proxysql', storage: '2G' } })).toEqual([])
  })
})

describe('sizes that MySQL cannot use are rejected', () => {
  test.each([
    ['3G', 'must be at most 75 % of the memory limit'],
    ['1Gi', 'must be a size as MySQL writes it, such as 512M or 2G (it is "1Gi")'],
    ['0G', 'must be a size as MySQL writes it'],
  ])('a buffer pool of %s in 1Gi of memory', (bufferPool, fault) => {
    expect(faults({ bufferPool })).toEqual([expect.stringContaining(`database.bufferPool: ${fault}`)])
  })

  test('units count: three quarters of 4Gi are 3G of MySQL, those of 4G are not', () => {
    const { requests } = valid.resources
    expect(faults({ bufferPool: '3G', resources: { requests, limits: { cpu: '2', memory: '4Gi' } } })).toEqual([])
    expect(faults({ bufferPool: '3G', resources: { requests, limits: { cpu: '2', memory: '4G' } } })).not.toEqual([])
    expect(faults({ bufferPool: '512M' })).toEqual([])
  })
})

describe('backups that could not be restored are rejected', () => {
  const daily = { name: 'daily', cron: '0 2 * * *', keep: 30 }

  test.each([
    ['recovery to a point in time without a full backup', { schedules: [] }, 'schedules: must have a schedule'],
    [
      'two schedules of one name',
      { schedules: [daily, daily] },
      'schedules[1].name: must differ from the other schedules',
    ],
    [
      'an invalid schedule',
      { schedules: [{ ...daily, cron: '@daily' }] },
      'schedules[0].cron: must be a cron schedule: five fields',
    ],
    ['no kept backups', { schedules: [{ ...daily, keep: 0 }] }, 'schedules[0].keep: must be at least 1 (it is 0)'],
    [
      'a longer interval than the recovery point objective',
      { uploadIntervalSeconds: 901 },
      'uploadIntervalSeconds: must be at most 900 seconds',
    ],
    ['a storage without a bucket', { bucket: undefined }, 'bucket: '],
    ['a path as bucket', { bucket: 'backups/mysql' }, 'bucket: must be lower-case letters, digits and -'],
    ['a storage without TLS', { endpointUrl: 'http://minio' }, 'endpointUrl: must be an https URL'],
  ])('%s', (_, changes, fault) => {
    expect(faults({ backup: { ...backup, ...changes } })).toContainEqual(
      expect.stringContaining(`database.backup.${fault}`),
    )
  })
})

test('several regions need a database that can be followed', () => {
  const { replication: _, ...alone } = valid
  expect(() => clustersOf({ ...regional, database: alone })).toThrow(EnvironmentError)
  expect(() => clustersOf({ ...regional, database: alone })).toThrow(
    'database.replication: must be set, on a database of kind pxc, for an environment of several regions',
  )
  expect(faults({ replication: { sourceRanges: ['10.0.0.0'] } })).not.toEqual([])
  expect(faults({ replication: { sourceRanges: [] } })).not.toEqual([])
})

test('encryption at rest needs Vault', () => {
  const { regions: _, ...alone } = regional
  expect(() => clustersOf({ ...alone, secrets: { kind: 'generated' } })).toThrow(
    'database.vaultSecret: must not be set unless secrets are of kind vault: the keys of the encryption are kept there (it is "db-vault")',
  )
})

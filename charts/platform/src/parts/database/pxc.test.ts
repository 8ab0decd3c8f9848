import { single, regional, full, sentinel } from '../../testing/environments.ts'
import { quantityValue } from '@chat-app/crds'
import { describe, expect, test } from 'vitest'
import { activeCluster } from '../../check/clusters.ts'
import { one, type Loose } from '@chat-app/chat/testing'
import type { Environment } from '../../environment/environment.ts'
import { databaseObjects } from '../../testing/database.ts'
import type { PxcValues } from '../../environment/database.ts'

const database = (environment: Environment): Loose =>
  one(databaseObjects(activeCluster(environment)), 'PerconaXtraDBCluster', 'db').spec

const changed = (changes: Partial<PxcValues>): Loose =>
  database({ ...full, database: { ...(full.database as PxcValues), ...changes } })

const lines = (spec: Loose): string[] => spec.pxc.configuration.split('\n')

describe('an acknowledged message', () => {
  test.each([single, sentinel, full, regional])('is on the disk of $name, and in its binary log', (environment) => {
    expect(lines(database(environment))).toEqual(
      expect.arrayContaining([
        '[mysqld]',
        'max_connections=1000',
        'max_allowed_packet=256M',
        'innodb_flush_log_at_trx_commit=1',
        'sync_binlog=1',
        'pxc_strict_mode=ENFORCING',
      ]),
    )
  })

  test('is encrypted on the disk where there is a Vault, and only there', () => {
    for (const environment of [full, regional]) {
      expect(database(environment).vaultSecretName).toBe('db-vault')
      expect(lines(database(environment))).toEqual(
        expect.arrayContaining(['default_table_encryption=ON', 'binlog_encryption=ON', 'innodb_redo_log_encrypt=ON']),
      )
    }
    for (const environment of [single, sentinel]) {
      expect(database(environment)).not.toHaveProperty('vaultSecretName')
      expect(database(environment).pxc.configuration).not.toContain('encrypt')
    }
  })

  test('is encrypted on the way to the database', () => {
    expect(database(full).tls).toEqual({
      enabled: true,
      SANs: ['db-haproxy.data.svc'],
      issuerConf: { name: 'platform-ca', kind: 'Issuer', group: 'cert-manager.io' },
    })
    expect(database(full).unsafeFlags).toBeUndefined()
  })
})

describe('pods', () => {
  test('run on different nodes without privileges, and may be evicted one at a time', () => {
    const { pxc, haproxy, backup } = database(full)
    for (const part of [pxc, haproxy])
      expect(part).toMatchObject({
        affinity: { antiAffinityTopologyKey: 'kubernetes.io/hostname' },
        podDisruptionBudget: { maxUnavailable: 1 },
      })
    for (const part of [pxc, haproxy, backup.storages.full, backup.storages.binlogs]) {
      expect(part.podSecurityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      expect(part.containerSecurityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  test('have requests and limits for each container, which the quota needs', () => {
    const { pxc, haproxy, backup, initContainer } = database(full)
    const containers = [
      pxc,
      haproxy,
      ...pxc.sidecars,
      initContainer,
      ...Object.values<Loose>(backup.storages),
      backup.pitr,
    ]
    for (const { resources } of [...containers, { resources: haproxy.sidecarResources }])
      expect(resources).toEqual({
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { cpu: expect.any(String), memory: expect.any(String) },
      })
  })

  test('can be one of each: unsafeFlags names both risks, and TLS stays on', () => {
    const { pxc, haproxy, unsafeFlags, tls } = database(single)
    expect([pxc.size, haproxy.size]).toEqual([1, 1])
    expect(unsafeFlags).toEqual({ pxcSize: true, proxySize: true })
    expect(tls.enabled).toBe(true)
    expect(pxc.affinity.antiAffinityTopologyKey).toBe('none')
  })

  test('export metrics of MySQL with the password that the operator rotates', () => {
    const [exporter] = database(full).pxc.sidecars
    expect(exporter).toMatchObject({ name: 'mysqld-exporter', ports: [{ name: 'metrics', containerPort: 9104 }] })
    expect(exporter.env[0].valueFrom.secretKeyRef).toEqual({ name: 'internal-db', key: 'monitor' })
    expect(exporter.securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
    expect(database(single).pxc.sidecars).toBeUndefined()
  })
})

describe('the proxy', () => {
  test('is HAProxy, and only one kind', () => {
    expect(database(full).haproxy).toMatchObject({ enabled: true, size: 2 })
    expect(database(full)).not.toHaveProperty('proxysql')
  })

  test('can be ProxySQL with a volume, and the certificate covers its Service', () => {
    const { proxy } = full.database as PxcValues
    const spec = changed({ proxy: { ...proxy, kind: 'proxysql', storage: '2G' } })
    expect(spec).not.toHaveProperty('haproxy')
    expect(spec.proxysql).toMatchObject({
      enabled: true,
      volumeSpec: { persistentVolumeClaim: { resources: { requests: { storage: '2G' } } } },
    })
    expect(spec.tls.SANs).toEqual(['db-proxysql.data.svc'])
  })
})

describe('backups', () => {
  test('run by their schedule, and as many as the schedule says are kept', () => {
    const retention = { type: 'count', count: 7, deleteFromStorage: true }
    expect(database(full).backup.schedule).toEqual([
      { name: 'daily', schedule: '0 2 * * *', storageName: 'full', retention },
    ])
  })

  test('and the binary log have folders of their own', () => {
    const { pitr, storages, allowParallel } = database(full).backup
    expect(pitr).toMatchObject({ enabled: true, storageName: 'binlogs', timeBetweenUploads: 60 })
    expect(storages.full.s3.bucket).toBe('chat-backups/full')
    expect(storages.binlogs.s3.bucket).toBe('chat-backups/binlogs')
    expect(allowParallel).toBe(false)
  })

  test.each([full, regional])(
    'the upload of the binary log of $name has memory for the buffers of its S3 client',
    (environment) => {
      // minio-go: 5 TiB in 10000 parts, in steps of 16 MiB. Go frees them late: two or three were
      // resident in measurements.
      const buffer = Math.ceil((5 * 2 ** 40) / 10_000 / (16 * MIB)) * 16 * MIB
      expect(buffer).toBe(528 * MIB)
      const { limits } = database(environment).backup.pitr.resources
      expect(quantityValue(limits.memory)).toBeGreaterThanOrEqual(3 * buffer + 256 * MIB)
      const logSize = lines(database(environment)).find((line) => line.startsWith('max_binlog_size='))
      expect(quantityValue(`${logSize?.split('=')[1]}i`)).toBeLessThan(buffer)
    },
  )

  test('have one folder without recovery to a point in time', () => {
    const { pitr, storages } = database(sentinel).backup
    expect(pitr).toBeUndefined()
    expect(Object.keys(storages)).toEqual(['full'])
  })
})

const MIB = 2 ** 20

test('the operator updates the nodes one by one, at the scheduled time', () => {
  expect(database(regional)).toMatchObject({
    updateStrategy: 'SmartUpdate',
    upgradeOptions: { apply: 'disabled', schedule: '0 4 * * 0' },
  })
})

import { environments, externalStorage, full, regional, withExternalStorage } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { faultsOf } from '@chat-app/chat/constructs'
import { clustersOf } from '../../check/clusters.ts'
import { EnvironmentError, type Environment } from '../../environment/environment.ts'
import { storageValues, type ExternalValues, type TenantValues } from '../../environment/storage.ts'

const tenant = regional.storage as TenantValues

/** The faults of the storage with changed fields. */
function faults(valid: TenantValues | ExternalValues, changes: object): string[] {
  const values = { ...valid, ...changes }
  const { error } = storageValues.safeParse(values)
  return error === undefined ? [] : faultsOf(error, values, 'storage')
}

test('the storages of all environments are valid', () => {
  const storages = environments.flatMap(({ storage }) => storage ?? [])
  expect(storages.map((storage) => storageValues.safeParse(storage).error)).toEqual(storages.map(() => undefined))
})

describe('values that MinIO or its operator would reject are rejected', () => {
  test.each([
    [2, 1, 'storage.volumesPerServer: 2 servers must have at least 4 volumes in total; 2 x 1 are 2'],
    [3, 1, 'storage.volumesPerServer: 3 servers must have at least 6 volumes in total; 3 x 1 are 3'],
    [17, 1, 'storage.volumesPerServer: more than 16 volumes must divide into equal sets of 2 to 16; 17 x 1 are 17'],
    [0, 4, 'storage.servers: must be at least 1'],
    [4, 0, 'storage.volumesPerServer: must be at least 1'],
  ])('%i servers with %i volumes each', (servers, volumesPerServer, said) => {
    expect(faults(tenant, { servers, volumesPerServer })).toContainEqual(expect.stringContaining(said))
  })

  test.each([
    [1, 1],
    [1, 4],
    [2, 2],
    [3, 2],
    [4, 1],
    [17, 2],
  ])('%i servers with %i volumes are accepted', (servers, volumesPerServer) => {
    expect(faults(tenant, { servers, volumesPerServer })).toEqual([])
  })

  test.each([
    ['no size', { volumeSize: '0Gi' }, 'storage.volumeSize: must be 100M to 1024Ti: check the unit (it is "0Gi")'],
    ['an invalid class', { storageClassName: 'Bad Name' }, 'storage.storageClassName: must be lower-case letters'],
    ['a name too long for its pods', { name: 'a'.repeat(43) }, 'storage.name: must have at most 42 characters'],
    ['no release', { image: 'quay.io/minio/minio:latest' }, 'storage.image: must name a release'],
    ['the field of older operators', { credsSecret: 'minio-creds' }, 'credsSecret'],
  ])('%s', (_, changes, said) => {
    expect(faults(tenant, changes)).toContainEqual(expect.stringContaining(said))
  })
})

describe('buckets', () => {
  test.each([
    ['ab', 'must have at least 3 characters (it is "ab")'],
    ['a'.repeat(64), 'must have at most 63 characters'],
    ['Chat-Files', 'must be lower-case letters, digits and -'],
    ['chat.files', 'must be lower-case letters, digits and -'],
    ['-files', 'must begin and end with a letter or a digit'],
    ['files-', 'must begin and end with a letter or a digit'],
    ['xn--files', 'must not begin or end like a name that S3 or MinIO reserves'],
    ['minio', 'must not begin or end like a name that S3 or MinIO reserves'],
    ['files-s3alias', 'must not begin or end like a name that S3 or MinIO reserves'],
  ])('the name %s is rejected', (files, said) => {
    expect(faults(tenant, { buckets: { files, oldVersionsDays: 7 } })).toContainEqual(
      expect.stringContaining(`storage.buckets.files: ${said}`),
    )
  })

  test.each([0, 1.5, -7, 3651])('%d days are rejected', (oldVersionsDays) => {
    const [fault] = faults(tenant, { buckets: { files: 'chat-files', oldVersionsDays } })
    expect(fault).toContain('storage.buckets.oldVersionsDays: ')
  })
})

describe('an external storage', () => {
  test('is an endpoint, a region and buckets', () => {
    expect(faults(externalStorage, {})).toEqual([])
  })

  test.each([
    ['without TLS', { endpoint: 'http://s3.example.com' }, 'storage.endpoint: must be an https URL'],
    ['with a path', { endpoint: 'https://s3.example.com/files' }, 'storage.endpoint: must have no path'],
    ['without a region', { region: '' }, 'storage.region: must be the region that requests are signed for'],
    ['with what only a Tenant has', { servers: 4 }, 'servers'],
  ])('is rejected %s', (_, changes, said) => {
    expect(faults(externalStorage, changes)).toContainEqual(expect.stringContaining(said))
  })

  test('needs Vault: its keys cannot be generated', () => {
    const generated: Environment = { ...full, storage: externalStorage, secrets: { kind: 'generated' } }
    expect(() => clustersOf(generated)).toThrow(EnvironmentError)
    expect(() => clustersOf(generated)).toThrow('secrets.kind: must be vault where the storage is external')
    expect(clustersOf(withExternalStorage<Environment>(full))).toHaveLength(1)
  })
})

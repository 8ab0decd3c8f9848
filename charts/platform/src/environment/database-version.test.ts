import { expect, test } from 'vitest'
import { databaseMajor, databaseVersionFault } from './database-version.ts'

test.each([
  ['docker.io/percona/percona-xtradb-cluster:8.0.42-33.1', '8.0'],
  ['percona/percona-xtradb-cluster:8.4.7-7.1', '8.4'],
  [`registry.example.com:5000/pxc:8.4.7@sha256:${'0'.repeat(64)}`, '8.4'],
  ['registry.example.com:5000/pxc', undefined],
  [`registry.example.com/pxc@sha256:${'0'.repeat(64)}`, undefined],
  [undefined, undefined],
] as const)('the image %s has the major version %s', (image, major) => {
  expect(databaseMajor(image)).toBe(major)
})

test('an upgrade has no way back, so it needs a wish', () => {
  expect(databaseVersionFault('8.0', '8.4')).toEqual({
    isUpgrade: true,
    message:
      'the database is 8.0, and these values make it 8.4: there is no way back, so read docs/platform/database.md#change-the-major-version first',
  })
})

test('a downgrade is refused, whatever is wished', () => {
  expect(databaseVersionFault('8.4', '8.0')).toMatchObject({ isUpgrade: false })
  expect(databaseVersionFault('10.0', '8.4')).toMatchObject({ isUpgrade: false })
})

test('nothing deployed, the same version, and one that no tag tells are no faults', () => {
  for (const [deployed, wanted] of [
    [undefined, '8.4'],
    ['8.4', '8.4'],
    ['8.0', undefined],
  ] as const)
    expect(databaseVersionFault(deployed, wanted)).toBeUndefined()
})

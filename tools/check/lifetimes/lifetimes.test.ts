import { dev, environments, local, prod, staging } from '@chat-app/environments'
import type { Environment } from '@chat-app/platform'
import { describe, expect, test } from 'vitest'
import { lifetimes, lifetimesTable } from './lifetimes.ts'
import { PARTS, type Part } from './parts.ts'
import { usesOf } from './uses.ts'

const image = (tag: string): Environment => ({
  ...local,
  database: { ...local.database, image: `registry.example.com/team/store:${tag}` },
})
const store = (series: object): Part => ({
  name: 'Store',
  images: ['store'],
  series: [{ series: '1.2', source: 'https://store.example.com', instead: '1.3', ...series }],
})
const at = (day: string, series: object, tag = '1.2.9', part = store(series)) =>
  lifetimes([image(tag)], day, [...PARTS, part])

describe('a release', () => {
  const ends = '2026-06-30'

  test('that ends after 90 days is not reported', () => {
    expect(at('2026-03-31', { ends })).toEqual({ failures: [], warnings: [] })
  })

  test.each(['2026-04-01', ends])('that ends within 90 days is a warning (%s)', (day) => {
    expect(at(day, { ends })).toEqual({
      failures: [],
      warnings: [
        'registry.example.com/team/store 1.2.9 (local): the support of 1.2 ends on 2026-06-30 (https://store.example.com). Use 1.3.',
      ],
    })
  })

  test('that has ended fails, with what to use', () => {
    expect(at('2026-07-01', { ends }).failures).toEqual([
      'registry.example.com/team/store 1.2.9 (local): the support of 1.2 ended on 2026-06-30 (https://store.example.com). Use 1.3.',
    ])
  })

  test('that is accepted is a warning until the day of the decision', () => {
    const accepted = { until: '2026-12-31', why: 'We move in autumn.' }
    expect(at('2026-12-31', { ends, accepted })).toMatchObject({ failures: [], warnings: [/We move in autumn/] })
    expect(at('2027-01-01', { ends, accepted }).failures).toEqual([
      expect.stringContaining('It was accepted until 2026-12-31: decide again.'),
    ])
  })

  test('without a known end is not reported', () => {
    expect(at('2099-01-01', {}).failures).not.toContainEqual(expect.stringContaining('store'))
  })

  test.each(['1.20.0', '1.3.0', '11.2.0'])('%s of no known series fails', (tag) => {
    expect(at('2026-01-01', { ends }, tag).failures).toEqual([
      `registry.example.com/team/store ${tag} (local): add its release series to Store in tools/check/lifetimes/parts.ts`,
    ])
  })

  test('of an image in no row fails', () => {
    expect(lifetimes([image('1.2.9')], '2026-01-01', PARTS).failures).toEqual([
      'registry.example.com/team/store 1.2.9 (local): add the image to tools/check/lifetimes/parts.ts, with its end',
    ])
  })
})

describe('only what an environment uses counts', () => {
  const minio = (day: string, of: readonly Environment[]) =>
    lifetimes(of, day).failures.filter((failure) => failure.includes('minio'))

  test('and each row is one of an environment, or of a release before', () => {
    const named = usesOf(environments).map(({ image }) => image.split('/').at(-1))
    for (const { images } of PARTS) for (const each of images) expect(named, each).toContain(each.split('/').at(-1))
  })

  test('so local has no MinIO to be replaced, and dev has', () => {
    expect(minio('2027-05-01', [local])).toEqual([])
    expect(minio('2027-05-01', [dev])).toHaveLength(2)
    const storage = {
      kind: 'external',
      namespace: 'files',
      endpoint: 'https://s3.example.com',
      region: 'us-east-1',
      usersSecret: 'users',
      clientImage: prod.storage?.kind === 'tenant' ? prod.storage.clientImage : '',
      buckets: { files: 'files' },
    } as const
    expect(minio('2027-05-01', [{ ...staging, storage }])).toEqual([expect.stringContaining('minio/mc')])
  })
})

test('the environments use no release that had ended when this table was made, but for the accepted ones', () => {
  const { failures, warnings } = lifetimes(environments, '2026-11-30')
  expect(failures).toEqual([])
  expect(warnings.map((warning) => warning.split(' ')[0])).toEqual(['quay.io/minio/mc', 'quay.io/minio/minio'])
})

test('each end is a day, and each release has a source', () => {
  const isDay = (text: string) => new Date(text).toISOString().startsWith(text)
  for (const { series } of PARTS)
    for (const { ends, source, accepted } of series) {
      expect(source).toMatch(/^https:\/\//)
      const days = [ends, accepted?.until].filter((day) => day !== undefined)
      expect(days.filter((day) => !isDay(day))).toEqual([])
    }
})

test('the table names the environments that use a release', () => {
  const row = lifetimesTable(environments)
    .split('\n')
    .find((line) => line.startsWith('| Prometheus | 3.13'))
  const names = environments.filter(({ monitoring }) => monitoring !== undefined).map(({ name }) => name)
  expect(names).toContain('prod')
  expect(row).toContain(`| 2027-07-31 | ${names.join(', ')} |`)
})

import { expect, test } from 'vitest'
import { live, podOf, select, stored } from '../../testing/releases.ts'
import { pruned } from './history.ts'

const records = Array.from({ length: 8 }, (_, index) => ({
  ...stored({ version: `1.0.${index + 1}` }, index + 1),
  learned: { migration: {} },
}))

function kept(learned: object, running = records[7]!, pods = [podOf('api', running)]): number[] {
  const all = records.map((record) => (record.number === 2 ? { ...record, learned } : record))
  const now = live({ version: '1.0.8' }, { api: running, websocket: running })
  const selection = select({ version: '1.0.8' }, { records: all, live: now })
  return pruned(selection, pods, 3).records.map(({ number }) => number)
}

test('the newest former releases are kept', () => {
  expect(kept({ migration: {} })).toEqual([8, 7, 6, 5])
})

test('the last good one and the one that runs are kept whatever their number', () => {
  expect(kept({ migration: {}, good: { number: 2, since: 'then' } })).toEqual([8, 7, 6, 5, 2])
  expect(kept({ migration: {} }, records[0])).toEqual([8, 7, 6, 5, 1])
})

test('the one whose configuration a living pod reads is kept', () => {
  const { config } = stored({ redis: { broadcast: { url: { secretKeyRef: { name: 'x' } } } } }, 1).release
  const pod = podOf('api', records[0]!)
  expect(
    kept({ migration: {} }, records[7], [{ ...pod, spec: { volumes: [{ configMap: { name: config.name } }] } }]),
  ).toEqual([8, 7, 6, 5])
  const own = records[0]!.release.config.name
  expect(
    kept({ migration: {} }, records[7], [{ ...pod, spec: { volumes: [{ configMap: { name: own } }] } }]),
  ).toHaveLength(8)
})

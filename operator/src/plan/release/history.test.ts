import { expect, test } from 'vitest'
import { live, podOf, select, stored } from '../../testing/releases.ts'
import { pruned } from './history.ts'

const records = Array.from({ length: 8 }, (_, index) => ({
  ...stored({ version: `1.0.${index + 1}` }, index + 1),
  learned: { migration: {} },
}))

function kept(learned: object, running = records[7]!, pods = [podOf('api', running)], from = records): number[] {
  const all = from.map((record) => (record.number === 2 ? { ...record, learned } : record))
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

test('the newest one whose configuration a living pod reads is kept', () => {
  const config = { name: 'chat-config-former', data: {} }
  const former = records.map((record) =>
    record.number <= 2 ? { ...record, release: { ...record.release, config } } : record,
  )
  const reading = (name: string) => ({ ...podOf('api', records[7]!), spec: { volumes: [{ configMap: { name } }] } })
  expect(kept({ migration: {} }, records[7], [reading(config.name)], former)).toEqual([8, 7, 6, 5, 2])
  expect(kept({ migration: {} }, records[7], [reading('other')], former)).toEqual([8, 7, 6, 5])
})

test('the newest one by which pods were restarted is kept, so that the annotation is not obeyed again', () => {
  const restarted = records.map((record) =>
    record.number <= 2 ? { ...record, release: { ...record.release, restart: `${record.number}` } } : record,
  )
  expect(kept({ migration: {} }, records[7], [], restarted)).toEqual([8, 7, 6, 5, 2])
})

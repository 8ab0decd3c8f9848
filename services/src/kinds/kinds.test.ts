import type { PoolConnection } from 'mysql2/promise'
import { expect, test } from 'vitest'
import type { NewEvent } from '../store/new-event.ts'
import type { LockedRoom } from '../store/room-locks.ts'
import { Kinds } from './kinds.ts'

type Changes = readonly (readonly [kind: string, data: NonNullable<NewEvent['data']>])[]

/** The statements that count members for a batch of one room, with their values. */
async function counts(changes: Changes, maxMembers?: number) {
  const statements: { sql: string; values: unknown[] }[] = []
  const query = (options: { sql: string; values: unknown[] }) => (statements.push(options), Promise.resolve([[], []]))
  const events = changes.map(([kind, data], index) => ({
    room: 1,
    kind,
    sender: 'ann',
    clientId: `c${index}`,
    body: '',
    data,
  }))
  const room = { id: 1, now: 1, maxMembers } as LockedRoom
  await new Kinds().prepare({ query } as unknown as PoolConnection, events, new Map([[1, room]]))
  return statements
    .filter(({ sql }) => sql.includes('COUNT'))
    .map(({ sql, values }) => ({ isLimited: sql.includes('LIMIT'), values }))
}

const member = (change: string) => ['member', { user: 'bob', change }] as const

test.for<[string, Changes, number?]>([
  ['a mute and a removal', [member('muted'), member('removed')]],
  ['who joins a room without a limit', [member('joined')]],
  ['a limit that is taken away', [['settings', { maxMembers: null }], member('joined')]],
])('members are not counted for %s', async ([, changes]) => {
  expect(await counts(changes)).toEqual([])
})

test('all members are counted for who joins a room with a limit, or one that gets it in this batch', async () => {
  const all = [{ isLimited: false, values: [1, 1] }]
  expect(await counts([member('joined'), member('left')], 9)).toEqual(all)
  expect(await counts([['settings', { maxMembers: 9 }], member('joined')])).toEqual(all)
})

test('as many members are counted for who leaves as tell whether others stay', async () => {
  expect(await counts([member('left')], 9)).toEqual([{ isLimited: true, values: [1, 1, 3] }])
  expect(await counts([member('removed'), member('left')])).toEqual([{ isLimited: true, values: [1, 1, 4] }])
})

import { expect, test } from 'vitest'
import type { NewEvent } from '../store/new-event.ts'
import type { LockedRoom } from '../store/room-locks.ts'
import { askedBy } from './asked.ts'
import { Kinds } from './kinds.ts'

type Changes = readonly (readonly [kind: string, data: NonNullable<NewEvent['data']>])[]

/** What is counted of members for a batch of one room. */
function counts(changes: Changes, maxMembers?: number) {
  const sent = { room: 1, sender: 'ann', body: '' }
  const events = changes.map(([kind, data], index) => ({ ...sent, kind, clientId: `c${index}`, data }))
  const room = { id: 1, now: 1, maxMembers, rules: { kind: 'group' } } as LockedRoom
  return askedBy(
    events,
    new Map([[1, room]]),
    (name) => new Kinds().get(name),
    () => false,
  ).counted
}

const member = (change: string) => ['member', { user: 'bob', change }] as const

test.for<[string, Changes, number?]>([
  ['a mute', [member('muted')]],
  ['who joins a room without a limit', [member('joined')]],
  ['a limit that is taken away', [['settings', { maxMembers: null }], member('joined')]],
])('members are not counted for %s', ([, changes]) => {
  expect(counts(changes)).toEqual([])
})

test('all members are counted for who joins a room with a limit, or one that gets it in this batch', () => {
  const all = [{ room: 1, most: undefined }]
  expect(counts([member('joined'), member('left')], 9)).toEqual(all)
  expect(counts([['settings', { maxMembers: 9 }], member('joined')])).toEqual(all)
})

test('as many members are counted for who leaves or is removed as tell whether others stay', () => {
  expect(counts([member('left')], 9)).toEqual([{ room: 1, most: 3 }])
  expect(counts([member('removed')])).toEqual([{ room: 1, most: 3 }])
  expect(counts([member('removed'), member('left')])).toEqual([{ room: 1, most: 4 }])
})

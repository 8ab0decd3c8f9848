import { describe, expect, test } from 'vitest'
import type { Audience } from '../protocol/events.ts'
import { audiencesOf, readerOf, visible } from './visible.ts'

const alice = { userId: 7, isStaff: false, fromSeq: 0 }
const bob = { userId: 8, isStaff: false, fromSeq: 0 }
const clerk = { userId: 9, isStaff: true, fromSeq: 0 }

describe('an event is visible', () => {
  test.for([
    ['all', [true, true, true]],
    ['staff', [false, false, true]],
    ['user:7', [true, false, false]],
    ['user:70', [false, false, false]],
    ['user:', [false, false, false]],
    ['of a later release', [false, false, false]],
  ] as const)('to the audience "%s" alone', ([audience, expected]) => {
    const event = { seq: 5, audience: audience as Audience }
    expect([alice, bob, clerk].map((reader) => visible(event, reader))).toEqual(expected)
    const queried = [alice, bob, clerk].map((reader) => audiencesOf(reader).includes(event.audience))
    expect(queried).toEqual(expected)
  })

  test('from the first event of a member on, if what it changes is not before it', () => {
    const seen = (event: { seq: number; target?: number }) => visible(event, { ...alice, fromSeq: 5 })
    expect([4, 5, 6].map((seq) => seen({ seq }))).toEqual([false, true, true])
    expect([3, 4, 5].map((target) => seen({ seq: 6, target }))).toEqual([false, false, true])
    expect(visible({ seq: 6, target: 5, audience: 'staff' }, { ...alice, fromSeq: 5 })).toBe(false)
  })
})

test('a token without a role is that of a user without an account number', () => {
  expect(readerOf({ user: 'alice' }, { fromSeq: 3 })).toEqual({ userId: 0, isStaff: false, fromSeq: 3 })
  expect(readerOf({ user: 'alice', userId: 7, role: 'staff' }, { fromSeq: 0 }).isStaff).toBe(true)
  expect(readerOf({ user: 'alice', userId: 7, role: 'admin' }, { fromSeq: 0 }).isStaff).toBe(true)
})

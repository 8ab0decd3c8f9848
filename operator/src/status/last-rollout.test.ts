import { expect, test } from 'vitest'
import type { Proof } from '../plan/release/record.ts'
import { stored } from '../testing/releases.ts'
import { lastRolloutOf } from './last-rollout.ts'

const since = '2026-01-01T00:00:00Z'
const counts = { sent: 5, acknowledged: 5, lost: 0, duplicated: 0, reordered: 0, longestGapMs: 40, reconnects: [1, 0] }
const passed = { verdict: 'Passed', message: 'all', counts } as const
const record = stored({ version: '2.0.0' }, 2)

function rollout(proof: Proof, learned: object = {}) {
  return lastRolloutOf({ ...record, learned: { migration: {}, proof, ...learned } })
}

test('a rollout without a former release has nothing to tell', () => {
  expect(lastRolloutOf(record)).toBeUndefined()
})

test('a rollout is running until both parts have ended, with the numbers so far', () => {
  const begun = { revision: 2, version: '2.0.0', startedAt: since, proof: 'Running' }
  expect(rollout({ since })).toEqual(begun)
  expect(rollout({ since, before: passed })).toMatchObject({ ...begun, sent: 5, reconnects: [1, 0] })
})

test('the numbers of both parts are added, and the longest gap is that of one', () => {
  const during = { ...passed, message: 'both', counts: { ...counts, sent: 7, longestGapMs: 30, reconnects: [1, 2, 3] } }
  const good = { number: 2, since: '2026-01-01T00:05:00Z' }
  expect(rollout({ since, before: passed, during }, { good })).toEqual({
    revision: 2,
    version: '2.0.0',
    startedAt: since,
    finishedAt: '2026-01-01T00:05:00Z',
    proof: 'Passed',
    message: 'both',
    sent: 12,
    acknowledged: 10,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    longestGapMilliseconds: 40,
    reconnects: [2, 2, 3],
  })
})

test('a proof that failed or was skipped has ended, and so has the rollout that failed for it', () => {
  const at = '2026-01-01T00:02:00Z'
  const lost = { verdict: 'Failed', message: 'lost' } as const
  const failed = { reason: 'MessagesLost', message: 'lost', at, secrets: '' }
  expect(rollout({ since, before: lost }, { failed })).toMatchObject({ proof: 'Failed', finishedAt: at })
  const skipped = rollout({ since, before: { verdict: 'Skipped', message: 'no node' } })
  expect(skipped).toEqual({ revision: 2, version: '2.0.0', startedAt: since, proof: 'Skipped', message: 'no node' })
  const crash = { ...failed, reason: 'PodCrashing' }
  expect(rollout({ since, before: passed }, { failed: crash })).toMatchObject({
    proof: 'Skipped',
    sent: 5,
    finishedAt: at,
  })
})

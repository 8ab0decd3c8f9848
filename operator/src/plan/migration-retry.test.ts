import { expect, test } from 'vitest'
import type { KubeObject } from '../runtime/types.ts'
import { job } from '../testing/observed.ts'
import { migrationRetryOf } from './migration-retry.ts'

const owner = { name: 'chat', uid: 'u' }
const none = { former: undefined, ended: undefined }
const NOW = new Date('2026-01-01T00:00:05Z')

/** A Job of the ChatApp that failed at midnight. */
function failedJob(metadata: object = {}): KubeObject {
  const ownerReferences = [
    { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', name: 'chat', uid: 'u', controller: true },
  ]
  const failed = { type: 'Failed', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }
  const metadataOf = { ...job().metadata, ownerReferences, ...metadata }
  return { ...job(), metadata: metadataOf, status: { conditions: [failed] } }
}

test('a failed migration is repeated after 10 s, 20 s, ... at most 5 minutes', () => {
  const first = migrationRetryOf(owner, [failedJob()], none, NOW)
  expect(first).toMatchObject({ runs: { job: 'u-job', count: 1 }, waitMs: 5000 })
  expect(migrationRetryOf(owner, [failedJob()], { ...none, former: first?.runs }, NOW)).toEqual(first)
  const second = migrationRetryOf(owner, [failedJob({ uid: 'u-next' })], { ...none, former: first?.runs }, NOW)
  expect(second).toMatchObject({ runs: { job: 'u-next', count: 2 }, waitMs: 15_000 })
  const later = migrationRetryOf(owner, [failedJob()], { ...none, former: { job: 'u-job', count: 30 } }, NOW)
  expect(later?.waitMs).toBe(295_000)
})

test('a retry that is due has no time left', () => {
  expect(migrationRetryOf(owner, [failedJob()], none, new Date('2026-01-01T00:00:10Z'))?.waitMs).toBe(0)
})

test('a Job that runs, is being deleted, or belongs to another ChatApp is not repeated', () => {
  const others = [
    { ...failedJob(), status: {} },
    failedJob({ deletionTimestamp: '2026-01-01T00:00:01Z' }),
    failedJob({ ownerReferences: [] }),
  ]
  expect(migrationRetryOf(owner, others, none, NOW)).toBeUndefined()
})

test('a failed Job that somebody has deleted is not created again before its time', () => {
  const ended = { uid: 'u-gone', isComplete: false, endedAtMs: Date.parse('2026-01-01T00:00:00Z') }
  expect(migrationRetryOf(owner, [], { ...none, ended }, NOW)).toEqual({
    job: undefined,
    runs: { job: 'u-gone', count: 1 },
    waitMs: 5000,
  })
  expect(migrationRetryOf(owner, [], { ...none, ended: { ...ended, isComplete: true } }, NOW)).toBeUndefined()
})

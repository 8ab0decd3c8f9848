import { describe, expect, test } from 'vitest'
import { job, migratePod, pod } from '../testing/observed.ts'
import { failureOf, isComplete, isFailed, schemaVersionOf } from './migration.ts'

describe('a migration', () => {
  test('is complete or failed as its Job says', () => {
    expect([isComplete(job('Complete')), isFailed(job('Complete'))]).toEqual([true, false])
    expect([isComplete(job('Failed')), isFailed(job('Failed'))]).toEqual([false, true])
    expect([isComplete(job()), isFailed(job()), isComplete(undefined)]).toEqual([false, false, false])
  })

  test.each([
    ['{"schemaVersion":7}', 7],
    ['{"schemaVersion":0}', 0],
    ['{"schemaVersion":-1}', undefined],
    ['{"schemaVersion":"7"}', undefined],
    ['{"schemaVersion":1e400}', undefined],
    ['[]', undefined],
    ['', undefined],
    ['not JSON', undefined],
  ])('reports the schema version of %j as %s', (message, version) => {
    expect(schemaVersionOf([migratePod({ exitCode: 0, message })])).toBe(version)
  })

  test('a failed run reports no schema version', () => {
    expect(schemaVersionOf([migratePod({ exitCode: 1, message: '{"schemaVersion":7}' })])).toBeUndefined()
  })

  test.each([
    ['{"error":"locked"}', 'locked'],
    ['{"error":{"a":1}}', '{"error":{"a":1}}'],
    ['last line of a log', 'last line of a log'],
    ['', 'it ended with code 1'],
  ])('reports %j as %j', (message, failure) => {
    expect(failureOf(job(), [migratePod({ exitCode: 1, message })])?.message).toBe(failure)
  })

  test('a long error is cut', () => {
    expect(failureOf(job(), [migratePod({ exitCode: 1, message: 'x'.repeat(4096) })])?.message).toHaveLength(500)
  })

  test('pods of another Job do not count', () => {
    const other = { ...job(), metadata: { name: 'other', uid: 'u-other' } }
    expect(failureOf(other, [migratePod({ exitCode: 1, message: 'locked' })])).toBeUndefined()
    expect(failureOf(job(), [pod('migrate')])).toBeUndefined()
  })
})

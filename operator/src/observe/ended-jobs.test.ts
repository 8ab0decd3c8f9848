import { expect, test } from 'vitest'
import { job, pod } from '../testing/observed.ts'
import { EndedJobs } from './ended-jobs.ts'

const JOB = job()

/** A pod of the Job whose container has ended. */
function ended(name: string, message: string, created: string) {
  const state = { terminated: { exitCode: 0, message } }
  return pod('prove', { created, container: { name, state } })
}

test('the newest pod of a proof that has ended is remembered, in whatever order they are seen', () => {
  const jobs = new EndedJobs()
  for (const object of [
    pod('prove'),
    ended('prove', 'second', '2026-01-01T00:02:00Z'),
    ended('prove', 'first', '2026-01-01T00:01:00Z'),
    ended('api', 'a process beside it', '2026-01-01T00:03:00Z'),
  ])
    jobs.see({ type: 'added', object })
  expect(jobs.proofOf(JOB)).toMatchObject({ exitCode: 0, message: 'second' })
  expect(jobs.proofOf({ ...JOB, metadata: { ...JOB.metadata, name: 'another' } })).toBeUndefined()
})

test('a refused Job is remembered by its name', () => {
  const jobs = new EndedJobs()
  jobs.refuse(JOB, 'a policy')
  expect(jobs.refusalOf(JOB)).toBe('a policy')
  expect(jobs.refusalOf({ ...JOB, metadata: { ...JOB.metadata, name: 'another' } })).toBeUndefined()
})

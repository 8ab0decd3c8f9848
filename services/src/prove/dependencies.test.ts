import { eventually } from '@chat-app/testing'
import { expect, test } from 'vitest'
import { STATEMENT_TIMEOUT_MS } from '../support/limits.ts'
import { Dependencies } from './dependencies.ts'
import { Excuses } from './excuses.ts'

/** Asks a dependency that gives these answers and then the last one, until it has given all. Returns the excuses. */
async function ask(...answers: ('good' | 'bad')[]): Promise<{ excuses: Excuses; failure: string | undefined }> {
  const excuses = new Excuses()
  const remaining = [...answers]
  const check = () => {
    const answer = remaining.length > 1 ? remaining.shift() : remaining[0]
    return answer === 'good' ? Promise.resolve() : Promise.reject(new Error('refused'))
  }
  const dependencies = new Dependencies({ Redis: check }, excuses)
  const isBad = answers.at(-1) === 'bad'
  await eventually(() => remaining.length === 1 && (dependencies.failure !== undefined) === isBad)
  const { failure } = dependencies
  dependencies.stop()
  return { excuses, failure }
}

/** The excused milliseconds of the next minute. */
const aheadMs = (excuses: Excuses) => excuses.overlapMs(performance.now(), performance.now() + 60_000)

test('an outage is excused, and the time after it in which the services recover', async () => {
  const { excuses, failure } = await ask('good', 'bad', 'good')

  expect(failure).toBeUndefined()
  expect(excuses.overlapMs(0, performance.now())).toBeGreaterThan(0)
  expect(aheadMs(excuses)).toBeGreaterThan(STATEMENT_TIMEOUT_MS / 2)
})

test('a dependency that is being connected excuses nothing after its first answer', async () => {
  const { excuses } = await ask('bad', 'good')

  expect(excuses.overlapMs(0, performance.now())).toBeGreaterThan(0)
  expect(aheadMs(excuses)).toBe(0)
})

test('a dependency that fails is named with its reason', async () => {
  const { failure } = await ask('good', 'bad')

  expect(failure).toBe('Redis: refused')
})

import { must, randomOf, seedOf } from '@chat-app/testing'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startReference, STEPS, Trial, type Fault, type Reference } from '../src/testing/crash/trial.ts'

const TRIALS = 2
const seed = seedOf('CRASH_SEED')
const random = randomOf(seed)

// `npm run bench -- crash` kills at every write; this is a sample of it. Each step begins where the one before it has ended.
describe(`an operator that is killed at a write is followed by one that ends in the same state (CRASH_SEED=${seed})`, () => {
  let reference: Reference
  let trials: Trial[]
  beforeAll(async () => {
    reference = startReference(inject('kubeconfig'))
    trials = await Promise.all(Array.from({ length: TRIALS }, () => Trial.start(inject('kubeconfig'))))
  })
  afterAll(() => Promise.all((trials ?? []).map((trial) => trial[Symbol.asyncDispose]())))

  test.each(STEPS)('$name', async (step) => {
    const end = must(await reference.get(step.name), step.name)
    const outcomes = await Promise.all(trials.map((trial) => trial.takeWithKill(step, end, faultIn(end.writes))))
    // A step may take fewer writes than in the reference: the status of a faster rollout is written less often.
    expect(outcomes.some((outcome) => outcome?.write !== undefined)).toBe(true)
  })
})

/** A kill in the first half or in the second one of the writes, so that at least one of two trials reaches its write. */
function faultIn(writes: number): Fault {
  return { at: 1 + Math.floor(random() * writes), when: random() < 0.5 ? 'before' : 'after' }
}

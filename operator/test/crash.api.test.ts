import { must, randomOf, seedOf } from '@chat-app/testing'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startReference, STEPS, Trial, type Fault, type Outcome, type Reference } from '../src/testing/crash/trial.ts'

const seed = seedOf('CRASH_SEED')
const random = randomOf(seed)

// `npm run bench -- crash` kills at every write; this is a sample of it. Each step begins where the one before it has ended.
describe(`an operator that is killed at a write is followed by one that ends in the same state (CRASH_SEED=${seed})`, () => {
  const outcomes: Outcome[] = []
  let reference: Reference
  let trial: Trial | undefined
  beforeAll(async () => {
    reference = startReference(inject('kubeconfig'))
    trial = await Trial.start(inject('kubeconfig'))
  })
  afterAll(() => trial?.[Symbol.asyncDispose]())

  test.each(STEPS)('$name', async (step) => {
    const end = must(await reference.get(step.name), step.name)
    outcomes.push(must(await must(trial).takeWithKill(step, end, faultIn(end.writes))))
    expect(await must(trial).differencesTo(end)).toEqual([])
  })

  test('most of the kills came before the end of their step', () => {
    // A step may take fewer writes than in the reference: the status of a faster rollout is written less often.
    const kills = outcomes.filter(({ write }) => write !== undefined)
    expect(kills.length).toBeGreaterThan(STEPS.length / 2)
  })
})

function faultIn(writes: number): Fault {
  return { at: 1 + Math.floor(random() * writes), when: random() < 0.5 ? 'before' : 'after' }
}

import { expect, inject, test } from 'vitest'
import { killIn, startReference, type Fault, type Outcome } from '../src/testing/crash/trial.ts'
import { randomOf, seedOf } from '../src/testing/random.ts'

const CHAINS = 2
const seed = seedOf('CRASH_SEED')

// `npm run bench -- crash` kills at every write; this is a sample of it.
test(`an operator that is killed at a write is followed by one that finishes its work (CRASH_SEED=${seed})`, async () => {
  const random = randomOf(seed)
  const faultOf = (_step: string, writes: number): Fault => ({
    at: 1 + Math.floor(random() * writes),
    when: random() < 0.5 ? 'before' : 'after',
  })
  const reference = startReference(inject('kubeconfig'))
  const outcomes: Outcome[] = []
  const chain = () => killIn(inject('kubeconfig'), reference, faultOf, (outcome) => outcomes.push(outcome))
  await Promise.all(Array.from({ length: CHAINS }, chain))
  // A step may take a few writes less than in the reference, since the status of a fast rollout is written less often.
  expect(outcomes.filter(({ write }) => write !== undefined).length).toBeGreaterThan(outcomes.length / 2)
})

import { expect, test } from 'vitest'
import { Stalled } from '../plan/failure.ts'
import { startWith } from './steps.ts'

test('each step is given the findings of those before it', async () => {
  const steps = startWith<{ readonly a: number }>()
    .step(({ a }) => ({ b: a + 1 }))
    .step(({ a, b }) => Promise.resolve({ c: a + b }))
  expect(await steps.run({ a: 1 })).toEqual({ found: { a: 1, b: 2, c: 3 } })
})

test('an error ends the run, and what was found before it is kept', async () => {
  const ran: string[] = []
  const steps = startWith<{ readonly a: number }>()
    .step(() => ({ b: 2 }))
    .step((): { c: number } => {
      throw new Stalled('InvalidSpec', 'spec.x is wrong')
    })
    .step(({ c }) => {
      ran.push('last')
      return { d: c }
    })
  expect(await steps.run({ a: 1 })).toEqual({
    found: { a: 1, b: 2 },
    failure: { kind: 'stalled', reason: 'InvalidSpec', message: 'spec.x is wrong' },
  })
  expect(ran).toEqual([])
})

import { seedOf } from '@chat-app/testing'
import { expect, test } from 'vitest'
import { chaos } from './chaos/chaos.ts'

const SIZE = { apiProcesses: 1, websocketProcesses: 2, rooms: 4, users: 8, inFlight: 4 }
const FAULTS = 10
const seed = seedOf('CHAOS_SEED')
// `npm run bench -- chaos` runs both.
const redis = seed % 2 === 0 ? 'cluster' : 'sentinel'

test(`what is acknowledged stays, once and in order, while everything breaks over Redis ${redis} (CHAOS_SEED=${seed})`, async () => {
  const outcome = await chaos({
    ...SIZE,
    seed,
    redis,
    actions: Infinity,
    faults: FAULTS,
    seconds: 40,
    roundSeconds: 20,
  })

  expect([...outcome.faults.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(FAULTS / 2)
  for (const kind of ['message', 'edit', 'recall', 'reaction', 'pin', 'member', 'settings', 'read mark'])
    expect([kind, outcome.actions.get(kind)?.acknowledged]).toEqual([kind, expect.any(Number)])
  expect(outcome.actions.get('message')?.acknowledged).toBeGreaterThan(100)
  expect(outcome.deliveries).toBeGreaterThan(300)
})

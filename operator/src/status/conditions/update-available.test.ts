import { expect, test } from 'vitest'
import type { ReleaseState } from '../../observe/observed.ts'
import { observed } from '../../testing/observed.ts'
import { updateAvailable } from './update-available.ts'

const none: ReleaseState = {
  migration: {},
  refusal: undefined,
  rollback: undefined,
  proofHold: undefined,
  lastRollout: undefined,
  hold: undefined,
  runs: '1.0.0',
  update: [],
  updateAtMs: undefined,
}
const some = { ...none, update: ['the pods of api', 'the configuration'] }
const changes = 'this operator would change the pods of api, the configuration: '
const brings = '; the next release brings it in any case'
const auto = { rollout: { operatorUpdates: 'Auto' } } as const

test('UpdateAvailable is absent while there is no update', () => {
  expect(updateAvailable(observed())).toBeUndefined()
  expect(updateAvailable(observed({ release: none }))).toBeUndefined()
})

test('UpdateAvailable says how to take an update', () => {
  expect(updateAvailable(observed({ release: some }))).toEqual({
    status: 'True',
    reason: 'UpdateAvailable',
    message: `${changes}a new value of the annotation chat-app.com/update takes that, as does spec.rollout.operatorUpdates: Auto${brings}`,
  })
})

test('UpdateAvailable says until when an update waits for a window, or that none is long enough', () => {
  const updateAtMs = Date.parse('2026-03-29T01:00:00Z')
  expect(updateAvailable(observed({ release: { ...some, updateAtMs } }, auto))).toMatchObject({
    reason: 'WaitingForWindow',
    message: `${changes}it waits for spec.rollout.schedule until 2026-03-29T01:00:00Z; a new value of the annotation chat-app.com/update takes that at once${brings}`,
  })
  expect(updateAvailable(observed({ release: some }, auto))).toMatchObject({
    reason: 'NoWindow',
    message: `${changes}no window of spec.rollout.schedule is as long as a WebSocket pod may drain: raise durationMinutes; a new value of the annotation chat-app.com/update takes that at once${brings}`,
  })
})

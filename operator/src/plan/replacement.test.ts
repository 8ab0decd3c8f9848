import { describe, expect, test } from 'vitest'
import { live, NOW, podOf, stored } from '../testing/releases.ts'
import type { KubeObject } from '../runtime/types.ts'
import { replacementOf } from './replacement.ts'

const former = stored({}, 1)
const next = stored({ version: '2.0.0' }, 2)
const runs = { api: former, websocket: former }
const LONG_AGO = '2026-01-01T00:00:00Z'
/** The deadline of the rollout is 600 s. */
const HELD = 590

const of = (...pods: KubeObject[]) => replacementOf('websocket', next, live({ version: '2.0.0' }, runs, { pods }), NOW)
const old = podOf('websocket', former)
const fresh = (readyAt: string) => podOf('websocket', next, { readyAt })
const without = (reason: string, lastTransitionTime: string) =>
  podOf('websocket', next, {
    isReady: false,
    conditions: [{ type: 'PodScheduled', status: 'False', reason, lastTransitionTime }],
  })

describe('new WebSocket pods', () => {
  test('are not available until all of them have been ready for the soak', () => {
    expect(of(old, fresh(LONG_AGO))).toMatchObject({ minReadySeconds: HELD, waitMs: 0 })
    expect(of(old, fresh(LONG_AGO), fresh('2026-01-01T00:59:58Z'))).toMatchObject({
      minReadySeconds: HELD,
      waitMs: 4000,
    })
    expect(of(old, fresh(LONG_AGO), fresh(LONG_AGO)).minReadySeconds).toBeUndefined()
  })

  test('are available at once where no former pod serves', () => {
    expect(of(fresh(LONG_AGO)).minReadySeconds).toBeUndefined()
    expect(of(podOf('websocket', former, { isReady: false })).minReadySeconds).toBeUndefined()
  })

  test('are available at once where it is not known of which release the pods are', () => {
    const { annotations: _, ...metadata } = old.metadata
    expect(of({ ...old, metadata }).minReadySeconds).toBeUndefined()
  })

  test('are available once no node has had room for one of them for a minute', () => {
    expect(of(old, without('Unschedulable', '2026-01-01T00:59:30Z'))).toMatchObject({
      minReadySeconds: HELD,
      waitMs: 30_000,
    })
    expect(of(old, without('Unschedulable', '2026-01-01T00:59:00Z')).minReadySeconds).toBeUndefined()
  })
})

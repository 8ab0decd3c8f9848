import { describe, expect, test } from 'vitest'
import type { Observed } from '../observe/observed.ts'
import type { Failure } from '../plan/failure.ts'
import { deployment, job, observed, pod } from '../testing/observed.ts'
import { summaryOf } from './summary.ts'
import { verdictsOf } from './verdicts.ts'

function summary(
  seen: Observed | undefined,
  failure?: Failure,
  held: readonly string[] = [],
  faults: readonly Failure[] = [],
): string[] {
  const verdicts = seen === undefined ? [] : verdictsOf(seen)
  return summaryOf({ observed: seen, verdicts, failure, faults, held }).map(
    ({ type, status, reason }) => `${type}=${status} ${reason}`,
  )
}

const READY = (reason: string) => [`Ready=True ${reason}`, `Reconciling=False ${reason}`, 'Stalled=False NotStalled']
const RECONCILING = (reason: string) => [
  `Ready=False ${reason}`,
  `Reconciling=True ${reason}`,
  'Stalled=False NotStalled',
]
const STALLED = (reason: string) => [`Ready=False ${reason}`, `Reconciling=False ${reason}`, `Stalled=True ${reason}`]
const NOT_READY = (reason: string) => [
  `Ready=False ${reason}`,
  `Reconciling=False ${reason}`,
  'Stalled=False NotStalled',
]

const rolling = { api: deployment('api', 1, { updatedReplicas: 0 }), websocket: deployment('websocket', 2) }
const pulling = { state: { waiting: { reason: 'ErrImagePull', message: 'not found' } } }
const pullingPod = pod('api', { isReady: false, container: pulling })
const late = [
  { type: 'Available', status: 'True' },
  { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' },
]
const missing = { reason: 'MissingSecret', message: 'Secret "a" does not exist' } as const
const none = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 }
const gone = { api: deployment('api', 0, none), websocket: deployment('websocket', 0, none) }
const complete = { api: deployment('api', 1), websocket: deployment('websocket', 2) }
const autoscaling = { minReplicas: 1, maxReplicas: 9 }
const blind = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'chat-websocket', namespace: 'ns' },
  status: { conditions: [{ type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric' }] },
}
const release = {
  migration: {},
  refusal: undefined,
  rollback: undefined,
  proofHold: undefined,
  lastRollout: undefined,
  hold: undefined,
  runs: undefined,
  update: [],
  updateAtMs: undefined,
}
const stalled: Failure = { kind: 'stalled', reason: 'ForeignObject', message: 'it belongs to Helm' }
const transient: Failure = { kind: 'transient', reason: 'ApiServerError', message: 'etcd is not available' }

describe('the summary', () => {
  test.each<[string, string[], string[]]>([
    ['everything is ready', summary(observed()), READY('Ready')],
    ['a Secret is missing', summary(observed({ secretFaults: [missing] })), RECONCILING('MissingSecret')],
    ['the migration runs', summary(observed({ job: job() })), RECONCILING('Migrating')],
    ['a rollout is under way', summary(observed({ deployments: rolling })), RECONCILING('RollingOut')],
    ['something is held back', summary(observed(), undefined, ['the services wait']), RECONCILING('RollingOut')],
    [
      'a new pod cannot start while the old ones are ready',
      summary(observed({ deployments: rolling, pods: [pod('api'), pullingPod] })),
      RECONCILING('ImagePullFailed'),
    ],
    [
      'a rollout makes no progress',
      summary(
        observed({ deployments: { ...rolling, api: deployment('api', 1, { updatedReplicas: 0, conditions: late }) } }),
      ),
      STALLED('ProgressDeadlineExceeded'),
    ],
    [
      'a rollout makes no progress, and is not judged',
      summary(
        observed({
          deployments: { ...rolling, api: deployment('api', 1, { updatedReplicas: 0, conditions: late }) },
          release: { ...release, hold: 'release 2 is not judged' },
        }),
      ),
      RECONCILING('RollingOut'),
    ],
    [
      'a rollout makes no progress, and the cause is known',
      summary(
        observed({
          deployments: { ...rolling, api: deployment('api', 1, { updatedReplicas: 0, conditions: late }) },
          pods: [pullingPod],
        }),
      ),
      STALLED('ImagePullFailed'),
    ],
    ['an object is foreign', summary(observed(), stalled), STALLED('ForeignObject')],
    ['the spec is invalid', summary(undefined, { ...stalled, reason: 'InvalidSpec' }), STALLED('InvalidSpec')],
    [
      'a part of the spec is faulty',
      summary(observed(), undefined, [], [transient, stalled]),
      STALLED('ForeignObject'),
    ],
    ['one object is refused for now', summary(observed(), undefined, [], [transient]), RECONCILING('ApiServerError')],
    ['the API server fails', summary(observed(), transient), RECONCILING('ApiServerError')],
    [
      'the database is down, on which everything else depends',
      summary(observed({ health: [{ pod: 'a', down: { db: 'timeout' } }], deployments: rolling }), transient),
      RECONCILING('DatabaseUnreachable'),
    ],
    ['paused, and everything is ready', summary(observed({}, { paused: true })), READY('Paused')],
    [
      'paused, with changes held back',
      summary(observed({}, { paused: true }), undefined, ['would create x']),
      NOT_READY('Paused'),
    ],
    ['hibernated', summary(observed({ deployments: gone, pods: [] }, { hibernated: true })), READY('Hibernated')],
    [
      'hibernated without a migration',
      summary(observed({ deployments: gone, pods: [], job: undefined }, { hibernated: true })),
      READY('Hibernated'),
    ],
    [
      'one service is scaled to zero',
      summary(observed({ deployments: { ...complete, api: gone.api } }, { api: { replicas: 0 } })),
      READY('ScaledToZero'),
    ],
    [
      'one service is scaled to zero, and its pods have yet to leave',
      summary(observed({}, { api: { replicas: 0 } })),
      RECONCILING('RollingOut'),
    ],
    [
      'an autoscaler cannot act',
      summary(observed({ autoscalers: { websocket: blind } }, { websocket: { replicas: 2, autoscaling } })),
      READY('Ready'),
    ],
    ['hibernated, and pods still exist', summary(observed({}, { hibernated: true })), RECONCILING('RollingOut')],
  ])('%s', (_situation, actual, expected) => {
    expect(actual).toEqual(expected)
  })

  test('a Deployment whose controller has not observed the newest template is not complete', () => {
    const unseen = { ...rolling, api: deployment('api', 1, { observedGeneration: 1 }) }
    expect(summary(observed({ deployments: unseen }))).toEqual(RECONCILING('RollingOut'))
  })

  test('a rollout with old pods is not complete', () => {
    const old = { ...rolling, api: deployment('api', 1, { replicas: 2 }) }
    expect(summary(observed({ deployments: old }))).toEqual(RECONCILING('RollingOut'))
  })
})

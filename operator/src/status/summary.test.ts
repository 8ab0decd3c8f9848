import { describe, expect, test } from 'vitest'
import type { Failure } from '../plan/failure.ts'
import { deployment, job, observed, pod } from '../testing/observed.ts'
import { verdictsOf } from './conditions/verdicts.ts'
import type { Observed } from '../observe/observed.ts'
import { summaryOf } from './summary.ts'

function summary(seen: Observed | undefined, failure?: Failure, held: readonly string[] = []): string[] {
  const verdicts = seen === undefined ? [] : verdictsOf(seen)
  return summaryOf({ observed: seen, verdicts, failure, held }).map(
    ({ type, status, reason }) => `${type}=${status} ${reason}`,
  )
}

const SETTLED = (reason: string) => [`Ready=True ${reason}`, `Reconciling=False ${reason}`, 'Stalled=False NotStalled']
const ON_THE_WAY = (reason: string) => [
  `Ready=False ${reason}`,
  `Reconciling=True ${reason}`,
  'Stalled=False NotStalled',
]
const STUCK = (reason: string) => [`Ready=False ${reason}`, `Reconciling=False ${reason}`, `Stalled=True ${reason}`]
const AT_REST = (reason: string) => [`Ready=False ${reason}`, `Reconciling=False ${reason}`, 'Stalled=False NotStalled']

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
const stalled: Failure = { kind: 'stalled', reason: 'ForeignObject', message: 'not ours' }
const transient: Failure = { kind: 'transient', reason: 'ApiServerError', message: 'etcd is away' }

describe('the summary', () => {
  test.each<[string, string[], string[]]>([
    ['all is well', summary(observed()), SETTLED('Ready')],
    ['a Secret is missing', summary(observed({ secretFaults: [missing] })), ON_THE_WAY('MissingSecret')],
    ['the migration runs', summary(observed({ job: job() })), ON_THE_WAY('Migrating')],
    ['a rollout is under way', summary(observed({ deployments: rolling })), ON_THE_WAY('RollingOut')],
    ['something is held back', summary(observed(), undefined, ['the services wait']), ON_THE_WAY('RollingOut')],
    [
      'a new pod cannot start while the old ones serve',
      summary(observed({ deployments: rolling, pods: [pod('api'), pullingPod] })),
      ON_THE_WAY('ImagePullFailed'),
    ],
    [
      'a rollout makes no progress',
      summary(
        observed({ deployments: { ...rolling, api: deployment('api', 1, { updatedReplicas: 0, conditions: late }) } }),
      ),
      STUCK('ProgressDeadlineExceeded'),
    ],
    [
      'a rollout makes no progress, and the cause is known',
      summary(
        observed({
          deployments: { ...rolling, api: deployment('api', 1, { updatedReplicas: 0, conditions: late }) },
          pods: [pullingPod],
        }),
      ),
      STUCK('ImagePullFailed'),
    ],
    ['an object is foreign', summary(observed(), stalled), STUCK('ForeignObject')],
    ['the spec is invalid', summary(undefined, { ...stalled, reason: 'InvalidSpec' }), STUCK('InvalidSpec')],
    ['the API server fails', summary(observed(), transient), ON_THE_WAY('ApiServerError')],
    [
      'the database is down, which is why nothing else works',
      summary(observed({ health: [{ pod: 'a', down: { db: 'away' } }], deployments: rolling }), transient),
      ON_THE_WAY('DatabaseUnreachable'),
    ],
    ['paused, and all is well', summary(observed({}, { paused: true })), SETTLED('Paused')],
    [
      'paused, with changes held back',
      summary(observed({}, { paused: true }), undefined, ['would create x']),
      AT_REST('Paused'),
    ],
    ['hibernated', summary(observed({ deployments: gone, pods: [] }, { hibernated: true })), SETTLED('Hibernated')],
    [
      'hibernated without a migration',
      summary(observed({ deployments: gone, pods: [], job: undefined }, { hibernated: true })),
      SETTLED('Hibernated'),
    ],
    ['pods are still there when hibernated', summary(observed({}, { hibernated: true })), ON_THE_WAY('RollingOut')],
  ])('%s', (_situation, told, expected) => {
    expect(told).toEqual(expected)
  })

  test('a Deployment whose controller has not seen the newest template is not done', () => {
    const unseen = { ...rolling, api: deployment('api', 1, { observedGeneration: 1 }) }
    expect(summary(observed({ deployments: unseen }))).toEqual(ON_THE_WAY('RollingOut'))
  })

  test('old pods that are still there keep a rollout from being done', () => {
    const old = { ...rolling, api: deployment('api', 1, { replicas: 2 }) }
    expect(summary(observed({ deployments: old }))).toEqual(ON_THE_WAY('RollingOut'))
  })
})

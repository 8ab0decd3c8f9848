import { expect, test } from 'vitest'
import type { KubeObject } from '../runtime/types.ts'
import { deployment, pod } from '../testing/observed.ts'
import { waitsOf } from './waits.ts'

const conditions = [{ type: 'Progressing', status: 'True', lastUpdateTime: '2026-01-01T12:03:04Z' }]

function podOf(name: string, template: string, isReady = true): KubeObject {
  const made = pod('websocket', { name, isReady, created: `2026-01-01T12:0${template.length}:00Z` })
  return { ...made, metadata: { ...made.metadata, labels: { ...made.metadata.labels, 'pod-template-hash': template } } }
}

const [oldA, oldB, newA, newB] = [podOf('old-a', '1'), podOf('old-b', '1'), podOf('new-a', '22'), podOf('new-b', '22')]

test.each<[string, object, KubeObject[], string[]]>([
  [
    'the pods that are not ready, since the first of them is not',
    { replicas: 2, availableReplicas: 0 },
    [podOf('new-a', '22', false), podOf('new-b', '22', false)],
    ['pods new-a, new-b not ready since 12:02:00Z'],
  ],
  [
    'old pods, once all new ones are available',
    { replicas: 4, availableReplicas: 4 },
    [oldA, oldB, newA, newB],
    ['waiting for old pods old-a, old-b to leave since 12:03:04Z'],
  ],
  [
    'an old pod, and a new one that is not ready',
    { replicas: 3 },
    [oldA, newA, podOf('new-b', '22', false)],
    ['pod new-b not ready since 12:02:00Z', 'waiting for old pod old-a to leave since 12:03:04Z'],
  ],
  [
    'new pods that do not exist yet',
    { replicas: 2, updatedReplicas: 0 },
    [oldA, oldB],
    ['waiting for new pods since 12:03:04Z', 'waiting for 2 old pods to leave since 12:03:04Z'],
  ],
  [
    'ready pods that are not available yet',
    { availableReplicas: 1 },
    [newA, newB],
    ['waiting for minReadySeconds since 12:03:04Z'],
  ],
  ['pods that are too many', { replicas: 4, updatedReplicas: 4 }, [newA, newB], ['waiting for 2 pods to leave']],
  ['nothing that is known', { availableReplicas: 0 }, [], []],
])('a rollout waits for %s', (_name, changes, pods, waits) => {
  expect(waitsOf(deployment('websocket', 2, { conditions, ...changes }), pods, 2)).toEqual(waits)
})

import { one, podOf, type Loose } from '@chat-app/chat/testing'
import { expect, test } from 'vitest'
import { applied } from './bundle.ts'
import { activeCluster } from './check/clusters.ts'
import { small } from './testing/environments.ts'

test('MariaDB and a Redis Cluster of six run as restricted pods', () => {
  const objects = applied(activeCluster(small))
  const stores = objects.filter(({ metadata }) => metadata.namespace === small.dataNamespace)
  const workloads = stores.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Job') as Loose[]
  expect(workloads.map(({ metadata }) => metadata.name)).toEqual([
    'mariadb',
    'redis',
    expect.stringMatching(/^redis-join-[0-9a-f]{8}$/),
  ])
  for (const { spec } of workloads) {
    expect(podOf({ spec }).securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(podOf({ spec }).containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true })
  }
  expect(one(objects, 'StatefulSet', 'redis').spec.replicas).toBe(6)
})

import type { Loose } from '@chat-app/chat/testing'
import { expect, test } from 'vitest'
import { applied } from '../../bundle.ts'
import { activeCluster } from '../../check/clusters.ts'
import type { Environment } from '../../environment/environment.ts'
import { full } from '../../testing/environments.ts'

test('the quota of a ChatApp grows with its autoscaler', () => {
  const grown = {
    ...full,
    chatApp: {
      ...full.chatApp,
      spec: { ...full.chatApp.spec, websocket: { autoscaling: { minReplicas: 2, maxReplicas: 14 } } },
    },
  }
  expect(podsAllowed(grown) - podsAllowed(full)).toBe(3 * 10)
})

function podsAllowed(environment: Environment): number {
  const quotas = applied(activeCluster(environment)).filter(({ kind }) => kind === 'ResourceQuota') as Loose[]
  return Number(quotas.find(({ metadata }) => metadata.namespace === 'chat').spec.hard.pods)
}

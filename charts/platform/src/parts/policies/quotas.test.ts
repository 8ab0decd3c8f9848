import { environments, prod, staging } from '../../testing/environments/index.ts'
import { describe, expect, test } from 'vitest'
import { declaredFacts, desired, model } from '@chat-app/chat'
import { activeCluster, clustersOf } from '../../check/clusters.ts'
import type { Cluster } from '../../environment/cluster.ts'
import { podOf, type Loose } from '@chat-app/chat/testing'
import { quantityValue } from '@chat-app/crds'
import { applied } from '../../bundle.ts'
import { chatApp } from '../chat-app.ts'
import { millicores } from './demand.ts'

const clusters = environments.flatMap(clustersOf).map((cluster) => [cluster.folder, cluster] as const)

describe('the quota', () => {
  test.each(clusters)('of %s admits the largest rollout of its ChatApp, pod by pod', (_, cluster) => {
    const { namespace } = cluster.environment.chatApp
    const quota = hard(cluster, namespace)
    const pods = largestRollout(cluster)
    expect(pods.length).toBeLessThanOrEqual(Number(quota.pods))
    const sum = (amount: (container: Loose) => number) => pods.reduce((all, pod) => all + amount(pod.containers[0]), 0)
    expect(sum(({ resources }) => millicores(resources.requests.cpu))).toBeLessThanOrEqual(
      millicores(quota['requests.cpu']),
    )
    expect(sum(({ resources }) => quantityValue(resources.requests.memory))).toBeLessThanOrEqual(
      quantityValue(quota['requests.memory']),
    )
    expect(sum(({ resources }) => quantityValue(resources.limits.memory))).toBeLessThanOrEqual(
      quantityValue(quota['limits.memory']),
    )
  })

  test.each(clusters)(
    'of %s is there for every namespace, with defaults for containers that ask for nothing',
    (_, cluster) => {
      const of = (wanted: string) => applied(cluster).filter(({ kind }) => kind === wanted)
      const namespaces = new Set(of('Namespace').map(({ metadata }) => metadata.name))
      for (const kind of ['ResourceQuota', 'LimitRange'])
        expect(new Set(of(kind).map(({ metadata }) => metadata.namespace))).toEqual(namespaces)
    },
  )

  test('is no more than that: another ChatApp of the size of production does not fit', () => {
    const quota = hard(activeCluster(prod), 'chat-app')
    expect(2 * largestRollout(activeCluster(prod)).length).toBeGreaterThan(Number(quota.pods))
  })

  test('grows with the autoscaler', () => {
    const { chatApp: app } = staging
    const grown = { ...app, spec: { ...app.spec, websocket: { autoscaling: { minReplicas: 5, maxReplicas: 40 } } } }
    const pods = (environment: typeof staging) => Number(hard(activeCluster(environment), 'chat-app').pods)
    expect(pods({ ...staging, chatApp: grown }) - pods(staging)).toBe(3 * 35)
  })
})

/** The pods of both services at their most, those of a rollout beside them, those of the one before that drain, and the migration. */
function largestRollout(cluster: Cluster): Loose[] {
  const { chatApp: values } = cluster.environment
  // A region that sleeps has pods when it takes over.
  const app = { ...chatApp(cluster), spec: { ...values.spec, hibernated: false } }
  const children = desired(model(app), declaredFacts) as Loose[]
  return children
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .flatMap((object) => {
      const scaler = children.find(
        ({ kind, metadata }) => kind === 'HorizontalPodAutoscaler' && metadata.name === object.metadata.name,
      )
      const replicas = scaler?.spec.maxReplicas ?? object.spec.replicas ?? 1
      const { maxSurge = 0 } = object.spec.strategy?.rollingUpdate ?? {}
      const surge = maxSurge === '100%' ? replicas : Number(maxSurge)
      return Array.from({ length: replicas + surge + (object.kind === 'Job' ? 0 : replicas) }, () => podOf(object))
    })
}

function hard(cluster: Cluster, namespace: string): Loose {
  const quotas = applied(cluster).filter(({ kind }) => kind === 'ResourceQuota') as Loose[]
  return quotas.find(({ metadata }) => metadata.namespace === namespace).spec.hard
}

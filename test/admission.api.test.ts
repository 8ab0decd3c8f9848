import { applied, chatApp as chatAppOf, type Cluster } from '@chat-app/platform'
import { declaredFacts, desired, model, optionalKinds, type KubernetesObject } from '@chat-app/chat'
import { local } from '@chat-app/environments'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { makeNamespace, NAMESPACES, ApiServer, movedTo, objections, podsOf } from '@chat-app/sandbox-cluster/testing'
import { activeCluster, namedClusters } from '@chat-app/synth'
import { must } from '@chat-app/testing'
import { violating, violations } from './support/violations.ts'

const server = ApiServer.of(inject('kubeconfig'))
afterAll(() => server.close())

describe('a namespace that enforces Pod Security restricted', () => {
  let namespace: string
  beforeAll(async () => {
    const level = {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    }
    namespace = await makeNamespace(server, level)
    // Pods are refused without their ServiceAccounts, whose names all environments share.
    for (const account of movedTo(namespace, accounts(renderedPods()))) await server.create(account)
  })
  afterAll(() => server.delete(NAMESPACES, undefined, namespace))

  test.each(renderedPods())('admits %s without a warning', async (_, objects) => {
    const here = movedTo(namespace, objects)
    const pods = podsOf(here)
    expect(pods.length).toBeGreaterThan(0)
    expect(await objections(server, [...here.filter(({ kind }) => kind !== 'ServiceAccount'), ...pods])).toEqual([])
  })

  test.each(violations)('refuses a rendered pod with $field, with the reason', async (violation) => {
    const [pod] = podsOf(movedTo(namespace, children(activeCluster(local))))
    const [said] = await objections(server, [violating(must(pod, 'a pod of the ChatApp'), violation)])
    expect(said).toContain('violates PodSecurity "restricted:latest"')
    expect(said).toContain(violation.reason)
  })
})

test.each(namedClusters)(
  'the API server accepts the namespaces and permissions of %s without a warning',
  async (_, cluster) => {
    const objects = applied(cluster)
    const roles = objects.filter(({ kind }) => kind === 'Role' || kind === 'RoleBinding')
    const namespaces = objects.filter(({ kind, metadata }) => kind === 'Namespace' && metadata.name !== 'default')
    expect(roles.length).toBeGreaterThan(0)
    expect(await objections(server, [...namespaces, ...movedTo('default', roles)])).toEqual([])
  },
)

/** The objects with pods that the charts render: those of each ChatApp, and the other workloads of each cluster. */
function renderedPods(): [string, KubernetesObject[]][] {
  const kinds = new Set(['ServiceAccount', 'Deployment', 'StatefulSet', 'Job', 'CronJob'])
  return namedClusters.flatMap(([name, cluster]): [string, KubernetesObject[]][] => [
    [`the ChatApp of ${name}`, children(cluster)],
    [`the workloads of ${name}`, applied(cluster).filter(({ kind }) => kinds.has(kind))],
  ])
}

/** The children of the ChatApp, without kinds whose CRDs this API server lacks. */
function children(cluster: Cluster): KubernetesObject[] {
  const objects = desired(model(chatAppOf(cluster)), declaredFacts)
  return objects.filter(({ apiVersion, kind }) => !optionalKinds.includes(`${apiVersion.split('/')[0] ?? ''}/${kind}`))
}

function accounts(groups: [string, KubernetesObject[]][]): KubernetesObject[] {
  const all = groups.flatMap(([, objects]) => objects).filter(({ kind }) => kind === 'ServiceAccount')
  return [...new Map(all.map((account) => [account.metadata.name, account])).values()]
}

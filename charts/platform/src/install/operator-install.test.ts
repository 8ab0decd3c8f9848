import { describe, expect, test } from 'vitest'
import { operatorInstall } from './operator-install.ts'
import type { OperatorValues } from '../environment/operator.ts'
import { CLUSTER_PERMISSIONS, EMITTED_KINDS, WATCH_PERMISSIONS } from '@chat-app/chat/permissions'
import { clusterKinds } from '@chat-app/chat'
import { apiVersionOf } from '@chat-app/chat/resources'
import { one, podOf, rendered, type Loose } from '@chat-app/chat/testing'

const values: OperatorValues = {
  namespace: 'chat-app-system',
  image: 'registry.example.com/chat-app/operator:0.1.0',
  version: '0.1.0',
  replicas: 2,
  watchNamespaces: ['chat-app', 'other'],
  clusterNamespaces: ['chat-app-db'],
  resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
}
const objects = operatorInstall(values)
const roles = objects.filter(({ kind }) => kind === 'Role') as Loose[]

describe("the operator's permissions", () => {
  test('cover every kind that a ChatApp can have, and no other', () => {
    const autoscaling = { minReplicas: 2, maxReplicas: 3 }
    const hosts = { api: 'a.example.com', websocket: 'b.example.com' }
    const everything = [
      ...rendered({ exposure: { type: 'Ingress', hosts, ingress: { className: 'x' } }, api: { autoscaling } }).objects,
      ...rendered({ exposure: { type: 'Gateway', hosts, gateway: { parentRef: { name: 'x' } } } }).objects,
    ]
    const emitted = new Set(everything.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`))
    const allowed = EMITTED_KINDS.map((each) => `${apiVersionOf(each)}/${each.kind}`)
    expect([...emitted].sort()).toEqual(allowed.sort())
    for (const { group, plural } of EMITTED_KINDS)
      expect(verbs(group, plural)).toEqual(
        expect.arrayContaining(['get', 'list', 'watch', 'create', 'patch', 'delete']),
      )
  })

  test('have no wildcard and no ClusterRole', () => {
    expect(JSON.stringify(roles)).not.toContain('*')
    expect(objects.filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([])
    for (const { rules } of roles) for (const { resources } of rules) expect(resources.length).toBeGreaterThan(0)
  })

  test('let it read and watch clusters, and write none', () => {
    for (const { verbs: allowed } of CLUSTER_PERMISSIONS) expect(allowed).toEqual(['get', 'list', 'watch'])
    const groups = new Set(CLUSTER_PERMISSIONS.flatMap(({ apiGroups }) => apiGroups))
    expect(groups).toEqual(new Set(clusterKinds.map((kind) => kind.split('/')[0])))
  })

  test('let it read Secrets and pods, and write neither', () => {
    for (const resource of ['secrets', 'pods']) expect(verbs('', resource)).toEqual(['get', 'list', 'watch'])
  })

  test('let it write the status of a ChatApp, and not the ChatApp', () => {
    expect(verbs('chat-app.com', 'chatapps')).toEqual(['get', 'list', 'watch'])
    expect(verbs('chat-app.com', 'chatapps/status')).toContain('patch')
  })

  test('are Roles in the watched namespaces, and one for the Lease in its own', () => {
    expect(roles.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      'chat-app-system/chat-app-operator-leases',
      'chat-app/chat-app-operator',
      'other/chat-app-operator',
      'chat-app-db/chat-app-operator-clusters',
    ])
    const bindings = objects.filter(({ kind }) => kind === 'RoleBinding') as Loose[]
    expect(bindings.map(({ metadata }) => metadata.namespace)).toEqual(roles.map(({ metadata }) => metadata.namespace))
    for (const { subjects } of bindings)
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'chat-app-operator', namespace: 'chat-app-system' }])
  })
})

describe("the operator's pods", () => {
  const deployment = one(objects, 'Deployment', 'chat-app-operator')

  test('have the watched namespaces and their own name in the environment', () => {
    const env = podOf(deployment).containers[0].env as Loose[]
    expect(env).toContainEqual({ name: 'WATCH_NAMESPACES', value: 'chat-app,other' })
    expect(env.map(({ name }) => name)).toEqual(expect.arrayContaining(['POD_NAME', 'POD_NAMESPACE', 'METRICS_PORT']))
  })

  test('meet Pod Security restricted', () => {
    expect(podOf(deployment).securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(podOf(deployment).containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true })
  })

  test('come first in a namespace that enforces it', () => {
    expect(objects[0]).toMatchObject({
      kind: 'Namespace',
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    })
  })
})

function verbs(group: string, resource: string): readonly string[] {
  return WATCH_PERMISSIONS.filter(
    ({ apiGroups, resources }) => apiGroups.includes(group) && resources.includes(resource),
  ).flatMap(({ verbs }) => verbs)
}

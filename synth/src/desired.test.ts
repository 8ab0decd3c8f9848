import { environments } from '@chat-app/environments'
import { describe, expect, test } from 'vitest'
import {
  declaredFacts,
  desired,
  livePaths,
  neededKinds,
  model,
  type Facts,
  type KubernetesObject,
} from '@chat-app/chat'
import { chatApp as chatAppOf, clustersOf } from '@chat-app/platform'
import { chatApp, podOf, rendered, type Loose } from '@chat-app/chat/testing'

const owner = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', name: 'chat', uid: '1-2-3' }
const ca = { database: { tls: { caSecretRef: { name: 'database-ca' } } } }

describe('the children of a ChatApp', () => {
  test('are in the order in which they need each other', () => {
    const kinds = [...new Set(rendered({ websocket: { autoscaling: { minReplicas: 2, maxReplicas: 3 } } }).kinds())]
    expect(kinds).toEqual([
      'ServiceAccount',
      'ConfigMap',
      'NetworkPolicy',
      'Job',
      'Service',
      'Deployment',
      'PodDisruptionBudget',
      'HorizontalPodAutoscaler',
      'ServiceMonitor',
    ])
  })

  test('are in its namespace, with its labels, and with distinct names', () => {
    const { objects } = rendered()
    for (const { metadata } of objects) {
      expect(metadata.namespace).toBe('shop')
      expect(metadata.name).toMatch(/^chat-/)
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'chat-app',
        'app.kubernetes.io/instance': 'chat',
        'app.kubernetes.io/part-of': 'chat-app',
        'app.kubernetes.io/version': '1.4.2',
        'app.kubernetes.io/managed-by': 'chat-app-operator',
      })
    }
    expect(new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).size).toBe(objects.length)
  })

  test('have valid names, even with the longest name of a ChatApp', () => {
    const longest = desired(model(chatApp({}, { name: 'x'.repeat(40) })), declaredFacts)
    for (const { metadata } of longest) expect(metadata.name.length).toBeLessThanOrEqual(63)
  })

  test('are the same at every call', () => {
    const render = () => JSON.stringify(rendered().objects)
    expect(render()).toBe(render())
  })

  test('have selectors without the version', () => {
    const selectors = (version: string) =>
      rendered({ version })
        .all('Deployment')
        .map((object: Loose) => object.spec.selector)
    expect(selectors('1.4.2')).toEqual(selectors('2.0.0'))
  })

  test('of two ChatApps in a namespace have no common name or selector', () => {
    const [one, two] = ['one', 'two'].map((name) => desired(model(chatApp({}, { name })), declaredFacts))
    const ids = (objects: KubernetesObject[] = []) => objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    expect(ids(one).filter((id) => ids(two).includes(id))).toEqual([])
  })
})

describe('every pod of every environment', () => {
  const pods = environments.flatMap(clustersOf).flatMap((cluster) =>
    desired(model(chatAppOf(cluster)), declaredFacts)
      .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
      .map((object): [string, Loose] => [`${cluster.folder} ${object.metadata.name}`, podOf(object)]),
  )

  test.each(pods)('%s needs no rights and no writable disk', (_, pod) => {
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10_001,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    for (const container of pod.containers)
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    expect(pod.volumes).toContainEqual({ name: 'tmp', emptyDir: { sizeLimit: '64Mi' } })
  })

  test.each(pods)('%s has its credentials as files, never as values', (_, pod) => {
    for (const { env, volumeMounts } of pod.containers) {
      const files = env.filter(({ name }: Loose) => name.endsWith('_FILE'))
      expect(files).not.toEqual([])
      for (const { value } of files)
        expect(volumeMounts.some(({ mountPath }: Loose) => value.startsWith(`${mountPath}/`))).toBe(true)
      expect(env.some(({ valueFrom }: Loose) => valueFrom?.secretKeyRef !== undefined)).toBe(false)
    }
    const names = pod.volumes.map(({ name }: Loose) => name)
    for (const { volumeMounts } of pod.containers) for (const { name } of volumeMounts) expect(names).toContain(name)
  })
})

test('the name of the migration Job does not depend on the order of fields', () => {
  const name = (nodeSelector: Record<string, string>) =>
    rendered({ migrations: { podTemplate: { spec: { nodeSelector } } } }).get('Job', 'chat-migrate').metadata.name
  expect(name({ a: '1', b: '2' })).toBe(name({ b: '2', a: '1' }))
  expect(name({ a: '1', b: '2' })).not.toBe(name({ a: '1', b: '3' }))
})

describe('live facts', () => {
  const live: Facts = {
    owner,
    secretHashes: { 'database-ca/ca.crt': 'abc' },
    installedKinds: declaredFacts.installedKinds,
    replicas: { websocket: 4 },
  }
  const spec = { ...ca, websocket: { autoscaling: { minReplicas: 2, maxReplicas: 9 } } }

  test('differ from declared ones in exactly the listed paths', () => {
    const declared = rendered(spec).objects
    const changed = new Set(rendered(spec, live).objects.flatMap((object, i) => differences(declared[i], object)))
    expect([...changed].sort()).toEqual([...livePaths].sort())
  })

  test('make the ChatApp the controlling owner of every child', () => {
    for (const { metadata } of rendered(spec, live).objects)
      expect(metadata.ownerReferences).toEqual([{ ...owner, controller: true, blockOwnerDeletion: true }])
  })

  test('keep the number of pods when there is an autoscaler, and only then', () => {
    expect(rendered(spec, live).get('Deployment', 'chat-websocket').spec.replicas).toBe(4)
    expect(rendered({}, live).get('Deployment', 'chat-websocket').spec.replicas).toBe(5)
  })

  test('of a Secret roll the pods when it is not reloadable, and only then', () => {
    const template = (secretHashes: Record<string, string>) =>
      rendered(ca, { secretHashes }).get('Deployment', 'chat-api').spec.template
    expect(template({ 'database-ca/ca.crt': 'one' })).not.toEqual(template({ 'database-ca/ca.crt': 'two' }))
    expect(template({ 'database-ca/password': 'one' })).toEqual(template({ 'database-ca/password': 'two' }))
    expect(template({ 'db-credentials/url': 'one' })).toEqual(template({ 'db-credentials/url': 'two' }))
    expect(template({ 'jwt-secret/secret': 'one' })).toEqual(template({ 'jwt-secret/secret': 'two' }))
  })

  test('without an optional kind leave it out, and neededKinds names the required ones', () => {
    const bare = rendered({ monitoring: { mode: 'Enabled' } }, { installedKinds: new Set() })
    expect(bare.kinds()).not.toContain('ServiceMonitor')
    expect(neededKinds(model(chatApp({ monitoring: { mode: 'Enabled' } })))).toEqual([
      { kind: 'monitoring.coreos.com/ServiceMonitor', field: 'spec.monitoring.mode', part: 'monitoring' },
    ])
    expect(neededKinds(model(chatApp()))).toEqual([])
  })
})

/** The paths in which two objects differ, in the notation of `livePaths`. */
function differences(one: unknown, two: unknown, path = ''): string[] {
  if (JSON.stringify(one) === JSON.stringify(two)) return []
  if (livePaths.includes(path) || !isObject(one) || !isObject(two)) return [path]
  const keys = [...new Set([...Object.keys(one), ...Object.keys(two)])]
  return keys.flatMap((key) => differences(one[key] ?? filler(two[key]), two[key], join(path, key)))
}

// An absent map counts as an empty one, so that the paths name its entries.
function filler(value: unknown): unknown {
  return isObject(value) ? {} : undefined
}

function join(path: string, key: string): string {
  if (key.includes('/')) return `${path}["${key}"]`
  return path === '' ? key : `${path}.${key}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

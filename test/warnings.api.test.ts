import type { Resource } from '@chat-app/chat/resources'
import { applied } from '@chat-app/platform'
import { type KubernetesObject } from '@chat-app/chat'
import { prod, staging } from '@chat-app/environments'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { eventually, makeNamespace, NAMESPACES, ApiServer } from '@chat-app/sandbox-cluster/testing'
import { activeCluster } from '@chat-app/synth'
import { must } from '@chat-app/testing'

// The ValidatingAdmissionPolicies of production that warn, on a real API server.

const server = ApiServer.of(inject('kubeconfig'))
const all = applied(activeCluster(prod)).filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'))
const warning = new Set(all.flatMap(({ spec, metadata }) => (failurePolicyOf(spec) === 'Ignore' ? metadata.name : [])))
const policies = all.filter(({ metadata }) => warning.has(metadata.name))
let namespace: string

beforeAll(async () => {
  namespace = await makeNamespace(server, { 'app.kubernetes.io/part-of': 'chat-app' })
  for (const policy of policies) await server.create(policy)
  // The policies take effect once the API server has compiled them.
  await eventually(async () => must((await warningsOf(pod('app:latest')))[0]))
  await eventually(async () => must((await warningsOf(chatApp(1)))[0]))
})

afterAll(async () => {
  for (const policy of policies) await server.remove(policy)
  await server.delete(NAMESPACES, undefined, namespace)
  await server.close()
})

describe('an image', () => {
  test.each(['app:latest', 'app', 'registry.example.com:5000/app', 'registry.example.com/app:latest'])(
    '%s is accepted with a warning',
    async (image) => {
      for (const object of [pod(image), workload('Deployment', image), workload('Job', image), cronJob(image)])
        expect(await warningsOf(object)).toEqual([
          expect.stringContaining(`the content of ${image} can change without notice`),
        ])
    },
  )

  test.each([
    'app:1.2.3',
    'registry.example.com:5000/app:v1',
    `app@sha256:${'0'.repeat(64)}`,
    `app:latest@sha256:${'0'.repeat(64)}`,
  ])('%s is accepted without a warning', async (image) => {
    for (const object of [pod(image), workload('Deployment', image), workload('Job', image), cronJob(image)])
      expect(await warningsOf(object)).toEqual([])
  })

  test('of an init container is checked too', async () => {
    const { spec } = pod('app:1') as { spec?: { containers: object[] } }
    const initContainers = [{ name: 'first', image: 'first:latest' }]
    expect(await warningsOf({ ...pod('app:1'), spec: { ...spec, initContainers } })).toEqual([
      expect.stringContaining('first:latest'),
    ])
  })

  test('in another namespace is not checked', async () => {
    const elsewhere = { ...pod('app:latest'), metadata: { name: 'app', namespace: 'default' } }
    expect(await warningsOf(elsewhere)).toEqual([])
  })
})

describe('a ChatApp', () => {
  test('with one pod of a service is accepted with a warning', async () => {
    const both = (await warningsOf(chatApp(1))).join()
    expect(both).toContain('spec.api has one pod')
    expect(both).toContain('spec.websocket has one pod')
    const autoscaling = { minReplicas: 1, maxReplicas: 5 }
    expect(await warningsOf(chatApp(3, { api: { replicas: 3, autoscaling } }))).toEqual([
      expect.stringContaining('spec.api has one pod'),
    ])
  })

  test('with two pods, or hibernated, is accepted without a warning', async () => {
    expect(await warningsOf(chatApp(2))).toEqual([])
    expect(await warningsOf(chatApp(1, { hibernated: true }))).toEqual([])
    const autoscaling = { minReplicas: 2, maxReplicas: 5 }
    expect(await warningsOf(chatApp(2, { websocket: { replicas: 1, autoscaling } }))).toEqual([])
  })

  test.each([prod, staging])('of $name is accepted without a warning', async (environment) => {
    const own = applied(activeCluster(environment)).find(({ kind }) => kind === 'ChatApp')
    const { metadata, ...rest } = must(own, 'the ChatApp')
    expect(await warningsOf({ ...rest, metadata: { ...metadata, namespace } })).toEqual([])
  })
})

test('the type check of the API server finds no error in the expressions', async () => {
  for (const { metadata } of policies.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy')) {
    const status = await eventually(async () => {
      const stored = await server.get<Stored>(POLICIES, undefined, metadata.name)
      return must(stored.status?.typeChecking, 'the result of the type check')
    })
    expect(status).toEqual({})
  }
})

const POLICIES: Resource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
}

interface Stored {
  readonly status?: { readonly typeChecking?: object }
}

function failurePolicyOf(spec: unknown): unknown {
  return (spec as { failurePolicy?: unknown }).failurePolicy
}

/** The warnings of the API server for an object, which it must accept. */
async function warningsOf(object: KubernetesObject): Promise<readonly string[]> {
  const { code, message, warnings } = await server.wouldTake(object)
  expect([code, message]).toEqual([201, ''])
  return warnings
}

const meta = () => ({ name: 'app', namespace })
const podSpec = (image: string) => ({ containers: [{ name: 'app', image }] })

function pod(image: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: meta(), spec: podSpec(image) }
}

function workload(kind: 'Deployment' | 'Job', image: string): KubernetesObject {
  const labels = { app: 'app' }
  if (kind === 'Job') return { apiVersion: 'batch/v1', kind, metadata: meta(), spec: job(image) }
  const template = { metadata: { labels }, spec: podSpec(image) }
  return { apiVersion: 'apps/v1', kind, metadata: meta(), spec: { selector: { matchLabels: labels }, template } }
}

function cronJob(image: string): KubernetesObject {
  const spec = { schedule: '0 0 * * *', jobTemplate: { spec: job(image) } }
  return { apiVersion: 'batch/v1', kind: 'CronJob', metadata: meta(), spec }
}

function job(image: string) {
  return { template: { spec: { ...podSpec(image), restartPolicy: 'Never' } } }
}

function chatApp(replicas: number, more: object = {}): KubernetesObject {
  const spec = { version: '1.2.3', api: { replicas }, websocket: { replicas }, ...more }
  return { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata: meta(), spec }
}

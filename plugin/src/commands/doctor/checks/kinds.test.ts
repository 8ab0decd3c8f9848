import { declaredFacts, desired, model } from '@chat-app/chat'
import { crd, type ChatApp } from '@chat-app/crds'
import { expect, test } from 'vitest'
import type { Cluster } from '../../../cluster/cluster.ts'
import type { Site } from '../site.ts'
import { kindsCheck } from './kinds.ts'

type Answer = object | 'missing' | 'forbidden'

const ERRORS = { missing: 'Error from server (NotFound): nothing', forbidden: 'Error from server (Forbidden): no' }

/** A cluster that answers paths. */
function clusterWith(paths: Readonly<Record<string, Answer>>): Cluster {
  return {
    kubectl: async () => '',
    inNamespace: [],
    results: async ([, , path = '']) => {
      const answer = paths[path] ?? 'missing'
      if (typeof answer === 'string') return { code: 1, out: '', err: ERRORS[answer] }
      return { code: 0, out: JSON.stringify(answer), err: '' }
    },
  }
}

async function reasonsWith(paths: Readonly<Record<string, Answer>>, spec: object = {}): Promise<string[]> {
  const chatApp = {
    apiVersion: 'chat-app.com/v1alpha1',
    kind: 'ChatApp',
    metadata: { name: 'chat', namespace: 'here' },
    spec: { version: '1.0.0', monitoring: { mode: 'Disabled' }, ...spec },
  } as ChatApp & Site['chatApp']
  const resolved = model(chatApp)
  const findings = await kindsCheck.run({
    chatApp,
    isFile: true,
    model: resolved,
    faults: [],
    objects: desired(resolved, declaredFacts),
    cluster: clusterWith(paths),
    namespace: 'here',
    name: 'chat',
    now: new Date(),
    operators: async () => ({ operators: [] }),
  })
  return findings.map(({ level, reason, what }) => `${level} ${reason}: ${what}`)
}

/** What the API server serves of the CRD. @param change of the fields of its spec */
function served(change: (fields: Record<string, object>) => void = () => undefined): Record<string, Answer> {
  const schema = structuredClone(crd().spec.versions[0]!.schema.openAPIV3Schema) as {
    properties: { spec: { properties: Record<string, object> } }
  }
  change(schema.properties.spec.properties)
  return {
    '/apis/chat-app.com': { versions: [{ version: 'v1alpha1' }] },
    '/openapi/v3/apis/chat-app.com/v1alpha1': { components: { schemas: { 'com.chat-app.v1alpha1.ChatApp': schema } } },
  }
}

test('a CRD of this version has no fault', async () => {
  expect(await reasonsWith(served())).toEqual(['ok OK: v1alpha1, with the fields of this plugin'])
})

test('a missing CRD, another version of it, and one that cannot be read are told apart', async () => {
  expect((await reasonsWith({}))[0]).toMatch(/^error MissingKind/)
  expect((await reasonsWith({ '/apis/chat-app.com': { versions: [{ version: 'v1' }] } }))[0]).toMatch(
    /^error WrongVersion: the CRD serves v1, and not v1alpha1/,
  )
  expect((await reasonsWith({ '/apis/chat-app.com': 'forbidden' }))[0]).toMatch(/^skipped/)
})

test('an older CRD is an error where the ChatApp sets what it lacks, and else a warning', async () => {
  const older = served((fields) => delete fields['worker'])
  expect((await reasonsWith(older))[0]).toMatch(/^warning OldKind: .*spec\.worker/)
  const [used] = await reasonsWith(older, { worker: { replicas: 1 } })
  expect(used).toBe(
    'error OldKind: the CRD of the cluster does not have spec.worker, spec.worker.replicas, which the ChatApp sets',
  )
})

test('a newer CRD is a warning', async () => {
  const [found] = await reasonsWith(served((fields) => (fields['search'] = { properties: { url: {} } })))
  expect(found).toMatch(/^warning NewKind: .*does not know spec\.search, spec\.search\.url$/)
})

test('kinds of others are errors where a field needs them', async () => {
  const hosts = { api: 'a.example.com', websocket: 'b.example.com' }
  const tls = { issuerRef: { name: 'letsencrypt' } }
  const exposure = { type: 'Ingress', hosts, ingress: { className: 'x' }, tls }
  const group = { '/apis/cert-manager.io/v1': { resources: [{ kind: 'Certificate' }] } }
  const [, certificate, issuer] = await reasonsWith({ ...served(), ...group }, { exposure })
  expect(certificate).toMatch(/^ok/)
  expect(issuer).toMatch(/^error MissingKind: .*spec\.exposure\.tls\.issuerRef needs$/)
  const auto = await reasonsWith(served(), { monitoring: { mode: 'Auto' } })
  expect(auto[1]).toMatch(/^skipped .*the operator creates no ServiceMonitor$/)
})

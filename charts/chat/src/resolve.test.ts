import { crd } from '@chat-app/crds'
import { refusedCases, sixLines } from '@chat-app/crds/chatapp.cases.ts'
import { describe, expect, test } from 'vitest'
import { declaredFacts, desired } from './desired.ts'
import { model } from './model.ts'
import { partsAt, partsOf, type Part } from './parts.ts'
import { knownSpec, resolve } from './resolve.ts'
import { chatApp, type Loose } from './testing.ts'

/** Resolves a spec of any form. */
function resolved(spec: object, version?: string, release?: object) {
  return resolve({ ...chatApp(), spec: { version: '1.4.2', ...spec } }, { version, release })
}

const faultsOf = (spec: object, version?: string) =>
  resolved(spec, version).faults.map(({ reason, parts, path }) => ({ reason, part: parts[0], path }))

describe('a spec without faults', () => {
  test('has the model that synth has', () => {
    expect(resolve(chatApp(sixLines))).toEqual({ model: model(chatApp(sixLines)), faults: [] })
  })
})

const messaging = { url: { secretKeyRef: { name: 'rabbitmq', key: 'url' } } }

describe('what a newer version of the resource brings', () => {
  test('an unknown field of the spec is ignored', () => {
    const { model: found, faults } = resolved({ serving: { tls: {} } })
    expect(found).toEqual(model(chatApp()))
    expect(faults).toEqual([
      {
        reason: 'UnsupportedField',
        parts: [],
        path: 'spec.serving',
        message: 'spec.serving: this version of the operator does not know the field; it is ignored',
      },
    ])
  })

  test('an unknown field at any depth holds its part, and the rest of the part is read', () => {
    const exposure = { ...sixLines.exposure, hosts: { api: 'a.example.com', websocket: 'b.example.com', metrics: 'c' } }
    const { model: found, faults } = resolved({ exposure, websocket: { next: 5, replicas: 7 } })
    expect(faults.map(({ parts, path }) => [path, parts])).toEqual([
      ['spec.exposure.hosts.metrics', ['exposure']],
      ['spec.websocket.next', ['release']],
    ])
    expect(found.services.websocket).toMatchObject({ replicas: 7, autoscaled: false })
    expect(found.urls.api).toBe('http://a.example.com')
  })

  test('an unknown field at its default is ignored, since every ChatApp has it', () => {
    const spec = { version: '1.4.2', rollout: { canary: 'Enabled', steps: 1 } }
    const isDefault = (path: readonly PropertyKey[], value: unknown) =>
      path.join('.') === 'rollout.canary' && value === 'Enabled'
    const { faults } = resolve({ ...chatApp(), spec: spec as Loose }, {}, isDefault)
    expect(faults.map(({ path, parts }) => [path, parts])).toEqual([
      ['spec.rollout.canary', []],
      ['spec.rollout.steps', ['rollout', 'release']],
    ])
  })

  test.each([
    [{ exposure: { type: 'Mesh' } }, 'exposure', 'spec.exposure.type'],
    [{ monitoring: { mode: 'Sometimes' } }, 'monitoring', 'spec.monitoring.mode'],
    [{ api: { resources: { limits: { cpu: { max: 1 } } } } }, 'release', 'spec.api.resources.limits.cpu'],
    [{ redis: { clusterRef: { kind: 'Valkey', name: 'v' } } }, 'release', 'spec.redis.clusterRef.kind'],
    [{ messaging }, 'release', 'spec.messaging'],
  ] as const)('%j is an unknown choice', (spec, part, path) => {
    expect(faultsOf(spec)).toEqual([{ reason: 'UnsupportedField', part, path }])
  })

  test('several faults are all found, also one of a pod template, which is read last', () => {
    const api = { replicas: -1, podTemplate: { spec: { volumes: [{}] } } }
    const spec = { next: 1, messaging, api, exposure: { type: 'Mesh', mesh: {} } }
    expect(
      faultsOf(spec)
        .map(({ path, part, reason }) => `${path} ${part} ${reason}`)
        .sort(),
    ).toEqual([
      'spec.api.podTemplate.spec.volumes[0] release InvalidSpec',
      'spec.api.replicas api InvalidSpec',
      'spec.exposure.mesh exposure UnsupportedField',
      'spec.exposure.type exposure UnsupportedField',
      'spec.messaging release UnsupportedField',
      'spec.next undefined UnsupportedField',
    ])
  })
})

describe('an invalid value', () => {
  test.each(refusedCases.filter(({ what }) => what !== 'no version'))('is a fault of one field: $what', (each) => {
    const { faults } = resolved(each.spec, '1.0.0')
    expect(faults.map(({ path }) => path)).toContain(each.field)
    expect(faults.map(({ message }) => message).join('\n')).toContain(each.says)
    for (const { parts } of faults) expect(parts).not.toEqual([])
  })

  test('of the pod template is a fault of the release', () => {
    const podTemplate = { spec: { containers: [{ image: 'other' }] } }
    expect(faultsOf({ websocket: { podTemplate } })).toEqual([
      { reason: 'InvalidSpec', part: 'release', path: 'spec.websocket.podTemplate.spec.containers[0]' },
    ])
  })

  test('of a number of pods leaves the number to others', () => {
    const { services } = resolved({ api: { replicas: -1 } }).model
    expect([services.api.autoscaled, services.websocket.autoscaled]).toEqual([true, false])
  })

  test('does not need the Secrets and clusters of its default', () => {
    const { secrets } = resolved({ database: { url: { secretKeyRef: { name: 'NOT A NAME' } } } }).model
    expect(secrets.map(({ purpose }) => purpose)).toEqual(['redis', 'jwt'])
  })
})

describe('the version', () => {
  test('that is faulty is that of the running release', () => {
    expect(resolved({ version: 'not a tag' }, '1.0.0').model.version).toBe('1.0.0')
    expect(faultsOf({ version: undefined }, '1.0.0')).toEqual([
      { reason: 'InvalidSpec', part: 'release', path: 'spec.version' },
    ])
  })

  test('without a running release leaves no model', () => {
    expect(() => resolved({ version: undefined })).toThrow('spec.version')
    expect(() => resolved({ version: undefined }, 'not a tag')).toThrow('spec.version')
    expect(() => resolve({ ...chatApp(), spec: undefined as Loose })).toThrow('spec.version')
  })
})

describe('a faulty release', () => {
  const former = { version: '1.0.0', redis: { broadcast: { url: { secretKeyRef: { name: 'other' } } } } }
  const { exposure: _e, rollout: _r, ...release } = { ...model(chatApp(former)).spec, next: 1 }

  test('is the former one as a whole, also one with fields that only a newer operator knows', () => {
    const podTemplate = { spec: { volumes: [{}] } }
    const spec = { version: '2.0.0', redis: {}, api: { replicas: 7, podTemplate }, exposure: sixLines.exposure }
    const { model: found, faults } = resolved(spec, '1.0.0', release)
    expect(faults.map(({ parts }) => parts)).toEqual([['release']])
    expect(found.version).toBe('1.0.0')
    expect(found.services.api).toMatchObject({ replicas: 7, image: 'registry.example.com/chat-app/chat-service:1.0.0' })
    expect(found.secrets.map(({ purpose }) => purpose)).toEqual(['database', 'redis', 'broadcast', 'jwt'])
    // What makes no release follows the spec.
    expect(found.spec.exposure.type).toBe('Ingress')
  })

  test('stays while only another part is faulty', () => {
    expect(resolved({ version: '2.0.0', exposure: { type: 'Mesh' } }, '1.0.0', release).model.version).toBe('2.0.0')
  })
})

test('a spec is known without the fields of a newer version, and with nothing invalid', () => {
  expect(knownSpec({ version: '1.4.2', api: { next: 1 }, next: {} })).toEqual(model(chatApp()).spec)
  expect(knownSpec({ version: '1.4.2', api: { next: 1, replicas: -1 } })).toBeUndefined()
})

test('every field of the spec has its parts', () => {
  const fields = Object.keys(crd().spec.versions[0]!.schema.openAPIV3Schema.properties!['spec']!.properties!)
  expect(fields.filter((field) => partsAt([field]).length === 0)).toEqual([])
})

describe('a child that changes with a field has a part of that field', () => {
  const autoscaling = { minReplicas: 3, maxReplicas: 9 }
  const fixed = { ...sixLines, api: { autoscaling }, websocket: { autoscaling }, version: '1.4.2' }
  const cases: [string, object][] = [
    ['images', { images: { registry: 'other.example.com' } }],
    ['database', { database: { url: { secretKeyRef: { name: 'other' } } } }],
    ['redis', { redis: { broadcast: { url: { secretKeyRef: { name: 'other' } } } } }],
    ['auth', { auth: { jwt: { current: { secretKeyRef: { name: 'other' } } } } }],
    ['migrations', { migrations: { timeoutSeconds: 99 } }],
    ['api.resources', { api: { autoscaling, resources: { limits: { cpu: 3 } } } }],
    ['api.podTemplate', { api: { autoscaling, podTemplate: { spec: { hostname: 'x' } } } }],
    ['api.autoscaling', { api: { replicas: 1 } }],
    ['websocket.replicas', { websocket: { replicas: 1 } }],
    ['websocket.autoscaling', { websocket: { autoscaling: { ...autoscaling, minReplicas: 1 } } }],
    ['websocket.drain', { websocket: { autoscaling, drain: { periodSeconds: 222 } } }],
    ['websocket.rebalance', { websocket: { autoscaling, rebalance: 5 } }],
    ['exposure', { exposure: { type: 'None' } }],
    [
      'exposure',
      { exposure: { type: 'Gateway', hosts: fixed.exposure!.hosts, gateway: { parentRef: { name: 'g' } } } },
    ],
    ['monitoring', { monitoring: { mode: 'Disabled' } }],
    ['networkPolicy', { networkPolicy: { mode: 'Disabled' } }],
    ['rollout', { rollout: { progressDeadlineSeconds: 99 } }],
    ['hibernated', { hibernated: true }],
  ]

  test.each(cases)('%s', (path, change) => {
    const before = model(chatApp(fixed))
    const after = model(chatApp({ ...fixed, ...change }))
    const [old, changed] = [before, after].map((each) => desired(each, declaredFacts)) as [Loose[], Loose[]]
    const text = (objects: Loose[]) => new Map(objects.map((each) => [`${each.kind} ${each.metadata.name}`, each]))
    const [a, b] = [text(old), text(changed)]
    const differing = [...new Set([...a.keys(), ...b.keys()])].filter(
      (key) => JSON.stringify(a.get(key)) !== JSON.stringify(b.get(key)),
    )
    expect(differing).not.toEqual([])
    const parts: readonly Part[] = partsAt(path.split('.'))
    for (const key of differing) {
      const has = partsOf(a.get(key) ?? b.get(key), before)
      expect([key, has.some((part) => parts.includes(part))]).toEqual([key, true])
    }
  })
})

import { DECISIONS } from '@chat-app/chat/annotations'
import type { ChatAppSpecInput } from '@chat-app/crds'
import { describe, expect, test } from 'vitest'
import { releasedObjects, storedChatApp } from '../../testing/released.ts'
import { isEmpty, type Plan } from './plan.ts'
import { predict } from './predict.ts'
import { renderPlan } from './render.ts'

type Spec = Partial<ChatAppSpecInput>

const first: Spec = { version: '1.0.0', api: { replicas: 2 }, websocket: { replicas: 4 } }

/** A plan for a change of a ChatApp that runs the last one of some releases. */
function planned(
  spec: Spec,
  {
    releases = [first],
    learned = [],
    annotations = {},
    changes = {},
  }: {
    readonly releases?: readonly Spec[]
    readonly learned?: readonly object[]
    readonly annotations?: Record<string, string>
    readonly changes?: Partial<Parameters<typeof predict>[0]>
  } = {},
): Plan {
  const last = releases.at(-1) ?? {}
  return predict({
    before: storedChatApp(last, {}, { revision: releases.length }),
    after: storedChatApp({ ...last, ...spec }, annotations, { revision: releases.length }),
    owned: { objects: releasedObjects(releases, learned), unread: [], absentKinds: [] },
    operator: '0.1.0',
    now: new Date('2026-01-01T00:00:00Z'),
    ...changes,
  })
}

const effects = ({ services }: Plan) => services.map(({ component, effect }) => `${component} ${effect}`)

describe('a plan', () => {
  test('of the same ChatApp is empty', () => {
    const plan = planned({})
    expect(isEmpty(plan)).toBe(true)
    expect(plan).toMatchObject({ release: { number: 1, isNew: false }, steps: [], unpredicted: [] })
    expect(renderPlan(plan).join('\n')).toContain('no pod restarts')
  })

  test('of a new version replaces all pods, one service after the other, after its migration and proof', () => {
    const plan = planned({ version: '2.0.0' }, { changes: { connections: 1234 } })
    expect(plan.release).toEqual({ number: 2, version: '2.0.0', isNew: true })
    expect(effects(plan)).toEqual(['api Restart', 'websocket Restart'])
    expect(plan.services[0]?.why).toContainEqual({
      path: 'spec.containers[api].image',
      from: 'registry.example.com/chat-app/chat-service:1.0.0',
      to: 'registry.example.com/chat-app/chat-service:2.0.0',
    })
    expect(plan.steps.map((step) => step.replace(/[0-9a-f]{8,10}$/, 'X').replace(/-[0-9a-f]{8} /, '-X '))).toEqual([
      'release 2 (2.0.0) is stored: a ControllerRevision, and ConfigMap chat-config-X',
      'Job chat-migrate-X migrates the database',
      'proof, part 1: nothing is lost in pods of the release that no client uses',
      'chat-api: 2 pods are started, one after the other, each in place of a former one',
      'chat-websocket: all 4 new pods are started beside the 4 former ones, which then drain together',
      'proof, part 2, beside the steps before: nothing is lost while pods are replaced',
    ])
    expect(plan.connections).toEqual({ open: 1234, share: 1, periodSeconds: 60, perSecond: 21 })
    expect(plan.migration).toContain('runs "migrate" of 2.0.0 before any pod')
    expect(plan.objects).toEqual([])
  })

  test('needs room for the pods of the service with the largest surge, and for the proof', () => {
    const { quota } = planned({ version: '2.0.0' })
    expect(quota).toMatchObject({ before: { pods: 6 }, after: { pods: 6 }, most: { pods: 11 } })
    expect(quota?.before.requests.cpu).toBeCloseTo(6 * 0.2)
    const disabled = planned({ rollout: { proof: 'Disabled' }, version: '2.0.0' }).quota
    expect(disabled?.most.pods).toBe(10)
    expect(planned({ api: { replicas: 5 } }).quota).toMatchObject({ after: { pods: 9 }, most: { pods: 9 } })
  })

  test('of a field in no pod restarts none, and shows the objects', () => {
    const plan = planned({ api: { replicas: 3 }, networkPolicy: { mode: 'Disabled' } })
    expect(effects(plan)).toEqual([])
    expect(plan.objects).toEqual([
      { action: 'update', kind: 'Deployment', name: 'chat-api', fields: [{ path: 'spec.replicas', from: 2, to: 3 }] },
      ...['api', 'websocket', 'migrate', 'prove'].map((part) => ({
        action: 'delete',
        kind: 'NetworkPolicy',
        name: `chat-${part}`,
        fields: [],
      })),
    ])
    expect(plan.release.isNew).toBe(false)
  })

  test('of fewer WebSocket pods moves their share of the connections, and says so', () => {
    const plan = planned({ websocket: { replicas: 3 } }, { changes: { connections: 1200 } })
    expect(plan.connections).toEqual({ open: 1200, share: 0.25, periodSeconds: 60, perSecond: 5 })
  })

  test('of a change in one service restarts that one alone', () => {
    expect(effects(planned({ websocket: { replicas: 4, rebalance: 10 } }))).toEqual(['websocket Restart'])
    expect(effects(planned({ worker: {} }))).toEqual(['worker Start'])
    expect(effects(planned({ worker: undefined }, { releases: [{ ...first, worker: {} }] }))).toEqual(['worker Stop'])
  })

  test('of an earlier spec rolls its release out again, without its migration', () => {
    const plan = planned({ version: '1.0.0' }, { releases: [first, { ...first, version: '2.0.0' }] })
    expect(plan.release).toEqual({ number: 3, version: '1.0.0', isNew: true })
    expect(plan.migration).toBe('none: that of 1.0.0 has run; the schema has version 3 now')
    expect(effects(plan)).toEqual(['api Restart', 'websocket Restart'])
  })

  test('of the way back to the last good release has no proof, and that to an earlier one has', () => {
    const releases = ['1.0.0', '2.0.0', '3.0.0'].map((version) => ({ ...first, version }))
    const proofs = (version: string) =>
      planned({ version }, { releases, learned: [{}, {}, { good: undefined }] }).steps.filter((step) =>
        /proof/.test(step),
      )
    expect(proofs('2.0.0')).toEqual([])
    expect(proofs('1.0.0')).toHaveLength(2)
  })

  test('of a version that the schema refuses says that nothing of it is written', () => {
    const learned = [{}, { migration: { minimumVersion: '1.5.0' } }]
    const plan = planned({ version: '1.0.0' }, { releases: [first, { ...first, version: '2.0.0' }], learned })
    expect(plan.refusal).toContain('release 1.0.0 cannot run on the schema of release 2.0.0')
    expect(plan.services).toEqual([])
  })

  test('of the annotation goes back, and of a number that is not there says which ones are', () => {
    const releases = [first, { ...first, version: '2.0.0' }]
    const back = planned({}, { releases, annotations: { [DECISIONS.rollback]: '1@now' } })
    expect(back.release).toMatchObject({
      number: 1,
      version: '1.0.0',
      why: expect.stringContaining('asks for') as string,
    })
    expect(effects(back)).toEqual(['api Restart', 'websocket Restart'])
    expect(back.changes).toEqual([{ path: `metadata.annotations["${DECISIONS.rollback}"]`, to: '1@now' }])
    const wrong = planned({}, { releases, annotations: { [DECISIONS.rollback]: '9' } })
    expect(wrong.release.why).toContain('no release has this number (it is "9"): set one of 2, 1')
    expect(effects(wrong)).toEqual([])
  })

  test('while paused or hibernated replaces no pod', () => {
    expect(planned({ version: '2.0.0', paused: true })).toMatchObject({
      held: 'paused: the operator writes nothing until spec.paused is false',
      services: [],
      objects: [],
    })
    const night = planned({ version: '2.0.0', hibernated: true })
    expect(effects(night)).toEqual(['api Stop', 'websocket Stop'])
    expect(night.steps.at(-1)).toContain('its migration runs and its pods start once spec.hibernated is false')
  })

  test('of a Secret that is named for the first time says what it waits for', () => {
    const tls = { caSecretRef: { name: 'ca', key: 'ca.crt' } }
    const plan = planned({ database: { tls } })
    expect(plan.unpredicted).toContain(
      'whether Secret "ca" has the key "ca.crt" (spec.database.tls.caSecretRef): until it does, the release waits',
    )
    expect(effects(plan)).toEqual(['api Restart', 'websocket Restart'])
  })

  test('keeps what an older operator rendered, until a release is made of the spec', () => {
    const objects = releasedObjects([first])
    for (const { kind, data } of objects as {
      kind: string
      data?: { templates: { api: { spec: { older?: true } } } }
    }[])
      if (kind === 'ControllerRevision' && data !== undefined) data.templates.api.spec.older = true
    const owned = { objects, unread: [], absentKinds: [] }
    expect(effects(planned({ api: { replicas: 3 } }, { changes: { owned } }))).toEqual([])
    const released = planned({ websocket: { replicas: 4, rebalance: 5 } }, { changes: { owned } })
    expect(effects(released)).toEqual(['api Restart', 'websocket Restart'])
    expect(released.services[0]?.why).toEqual([{ path: 'spec.older', from: true }])
    const taken = planned({}, { annotations: { [DECISIONS.update]: 'now' }, changes: { owned } })
    expect(effects(taken)).toEqual(['api Restart'])
  })

  test('without a right to read objects compares the ChatApp alone, and says what it lacks', () => {
    const owned = { objects: [], unread: ['forbidden to list: everything'], absentKinds: [] }
    const plan = planned({ version: '2.0.0' }, { changes: { owned } })
    expect(effects(plan)).toEqual(['api Restart', 'websocket Restart'])
    expect(plan.unpredicted.join()).toContain('forbidden to list: everything')
    expect(effects(planned({ api: { replicas: 3 } }, { changes: { owned } }))).toEqual([])
  })
})

describe('the values that pods read only at start', () => {
  const tls = { caSecretRef: { name: 'ca', key: 'ca.crt' } }
  const releases = [{ ...first, database: { tls } }]
  const learned = [{ secrets: { 'ca/ca.crt': 'then' } }]
  const paused = (hash: string) => {
    const operator = { version: '0.1.0', secrets: { 'ca/ca.crt': hash } }
    const before = storedChatApp({ ...releases[0], paused: true }, {}, { operator })
    return planned({ paused: false }, { releases, learned, changes: { before } })
  }

  test('are those of the release that runs, so that a change elsewhere replaces no pod', () => {
    expect(effects(planned({ api: { replicas: 3 } }, { releases, learned }))).toEqual([])
    expect(planned({ api: { replicas: 3 } }, { releases, learned }).unpredicted).toEqual([])
  })

  test('may have changed while the ChatApp was paused, as the hashes of the operator tell', () => {
    expect(paused('then').unpredicted.join()).not.toContain('ca/ca.crt')
    expect(paused('now').unpredicted.join()).toContain('whether all pods restart for the value ca/ca.crt')
  })
})

test('a creation starts all services together, and shows all objects', () => {
  const plan = predict({
    before: undefined,
    after: storedChatApp(first),
    owned: { objects: [], unread: [], absentKinds: ['monitoring.coreos.com/ServiceMonitor'] },
    operator: '0.1.0',
    now: new Date(),
  })
  expect(effects(plan)).toEqual(['api Start', 'websocket Start'])
  expect(plan.steps).toHaveLength(4)
  expect(plan.objects.map(({ action, kind }) => `${action} ${kind}`)).toEqual(
    expect.arrayContaining(['create Service', 'create NetworkPolicy', 'create ServiceAccount']),
  )
  expect(plan.objects.some(({ kind }) => kind === 'ServiceMonitor')).toBe(false)
})

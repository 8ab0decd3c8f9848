import { REVISION, type Part } from '@chat-app/chat'
import { describe, expect, test } from 'vitest'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { chatModel } from '../testing/observed.ts'
import { narrow, type NarrowInput } from './narrow.ts'
import { resealed } from './running-release.ts'
import { sealed, TEMPLATE_HASH } from './seal.ts'

const RUNNING = { spec: { containers: [{ name: 'api', image: 'api:1' }] } }
const NEXT = { spec: { containers: [{ name: 'api', image: 'api:2' }] } }

function object(kind: string, name: string, fields: object = {}, annotations = {}): KubeObject {
  return sealed({ apiVersion: 'v1', kind, metadata: { name, namespace: 'ns', annotations }, ...fields })
}

const deployment = (replicas: number, template: object, revision: string, more: object = {}) =>
  object(
    'Deployment',
    'chat-api',
    { spec: { replicas, progressDeadlineSeconds: 600, template, ...more } },
    { [REVISION]: revision },
  )

const record = (revision: number, template: object) =>
  object('ControllerRevision', `chat-${revision}`, { revision, data: { templates: { 'chat-api': template } } })

const autoscaler = (minReplicas: number) =>
  object('HorizontalPodAutoscaler', 'chat-api', { spec: { minReplicas, maxReplicas: 20 } })

const desired = [
  object('ConfigMap', 'chat-config'),
  object('NetworkPolicy', 'chat-api'),
  object('Job', 'chat-migrate-2'),
  object('Service', 'chat-api'),
  record(2, NEXT),
  deployment(5, NEXT, '2'),
  object('PodDisruptionBudget', 'chat-api'),
  autoscaler(4),
  object('Ingress', 'chat-api'),
]
const target = desired.find(({ kind }) => kind === 'Deployment')!
const children = [record(1, RUNNING), deployment(2, RUNNING, '1')]

function narrowed(changes: Partial<NarrowInput> & { readonly parts?: readonly Part[] } = {}) {
  const { parts = [], ...rest } = changes
  const result = narrow({
    model: chatModel(),
    desired,
    holds: new Map(),
    faulty: new Set(parts),
    startsNoPods: false,
    children,
    ...rest,
  })
  const get = (kind: string) => result.desired.find((each) => each.kind === kind)!
  return {
    ...result,
    get,
    replicas: at<number>(get('Deployment'), 'spec', 'replicas'),
    image: at<string>(get('Deployment'), 'spec', 'template', 'spec', 'containers', 0, 'image'),
    held: result.desired.filter(result.isHeld).map(({ kind }) => kind),
  }
}

describe('what is written', () => {
  test('is everything as desired, without faults', () => {
    const { desired: all, held, isKept } = narrowed()
    expect(all).toEqual(desired)
    expect(held).toEqual([])
    expect(desired.some(isKept)).toBe(false)
  })

  test('keeps the running template while the new one is held, and follows the number of pods', () => {
    const { image, replicas, held, get } = narrowed({ holds: new Map([[target, 'the migration']]) })
    expect([image, replicas, held]).toEqual(['api:1', 5, []])
    const { annotations } = get('Deployment').metadata
    // The seal and the number of the rollout are those of what is sent.
    expect(annotations?.[REVISION]).toBe('1')
    expect(annotations?.[TEMPLATE_HASH]).toBe(children[1]!.metadata.annotations?.[TEMPLATE_HASH])
  })

  test('creates a deleted Deployment again with the running template, the newest one', () => {
    const holds = new Map([[target, 'the migration']])
    const records = [record(0, NEXT), record(1, RUNNING)]
    expect(narrowed({ holds, children: records })).toMatchObject({ image: 'api:1', replicas: 5, held: [] })
    expect(narrowed({ holds, children: [] }).held).toEqual(['Deployment', 'HorizontalPodAutoscaler'])
    expect(narrowed({ holds, children: records, startsNoPods: true }).held).toContain('Deployment')
  })

  test('is no Deployment whose template has no record', () => {
    const holds = new Map([[target, 'the migration']])
    expect(narrowed({ holds, children: [record(1, NEXT), deployment(2, RUNNING, '1')] }).held).toEqual(['Deployment'])
  })
})

describe('while new pods could not start', () => {
  const holds = new Map([[target, 'a Secret']])

  test('the number of pods falls and does not rise', () => {
    expect(narrowed({ holds, startsNoPods: true }).replicas).toBe(2)
    const more = [record(1, RUNNING), deployment(9, RUNNING, '1')]
    expect(narrowed({ holds, startsNoPods: true, children: more }).replicas).toBe(5)
  })

  test('an autoscaler adds no pods at once, and has its other bound', () => {
    const spec = (minReplicas: number, live: KubeObject[] = children) =>
      narrowed({ holds, startsNoPods: true, desired: [target, autoscaler(minReplicas)], children: live }).get(
        'HorizontalPodAutoscaler',
      )['spec']
    expect(spec(4)).toEqual({ minReplicas: 2, maxReplicas: 20 })
    expect(spec(1)).toEqual({ minReplicas: 1, maxReplicas: 20 })
    expect(spec(4, [record(1, RUNNING), deployment(0, RUNNING, '1')])).toEqual({ minReplicas: 1, maxReplicas: 20 })
  })
})

describe('a faulty part', () => {
  test('holds its objects, and keeps those that are no longer desired', () => {
    const { held, isKept } = narrowed({ parts: ['exposure'] })
    expect(held).toEqual(['Ingress'])
    expect(isKept(object('HTTPRoute', 'chat-websocket'))).toBe(true)
    expect(isKept(object('NetworkPolicy', 'chat-websocket'))).toBe(false)
  })

  test('holds the release, and not the number of pods', () => {
    const { held, image, replicas } = narrowed({ parts: ['release'] })
    expect([held, image, replicas]).toEqual([['ConfigMap', 'Job', 'ControllerRevision'], 'api:1', 5])
  })

  test('holds the number of pods, and not the release', () => {
    const { held, image, replicas } = narrowed({ parts: ['api'] })
    expect([held, image, replicas]).toEqual([['PodDisruptionBudget', 'HorizontalPodAutoscaler'], 'api:2', undefined])
    // Without a present number there is nothing to keep.
    expect(narrowed({ parts: ['api'], children: [] }).held).toContain('Deployment')
  })

  test('holds the deadline of a rollout', () => {
    const live = [record(1, RUNNING), deployment(2, RUNNING, '1', { progressDeadlineSeconds: 77 })]
    const { get } = narrowed({ parts: ['rollout', 'release'], children: live })
    expect(at(get('Deployment'), 'spec', 'progressDeadlineSeconds')).toBe(77)
  })
})

test('an object that is sealed again has the seal of what it is now', () => {
  expect(resealed(resealed(target, { replicas: 1 }), { replicas: 5 })).toEqual(target)
})

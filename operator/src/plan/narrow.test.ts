import type { Part } from '@chat-app/chat'
import { describe, expect, test } from 'vitest'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { chatModel } from '../testing/observed.ts'
import { narrow, type NarrowInput } from './narrow.ts'
import { sealed } from './seal.ts'

function object(kind: string, name: string, spec: object = {}): KubeObject {
  return sealed({ apiVersion: 'v1', kind, metadata: { name, namespace: 'ns' }, spec })
}

const deployment = (replicas: number, progressDeadlineSeconds = 600) =>
  object('Deployment', 'chat-api', { replicas, progressDeadlineSeconds, template: {} })

const autoscaler = (minReplicas: number) =>
  object('HorizontalPodAutoscaler', 'chat-api', { minReplicas, maxReplicas: 20 })

const desired = [
  object('ConfigMap', 'chat-config'),
  object('NetworkPolicy', 'chat-api'),
  object('Job', 'chat-migrate-2'),
  object('Service', 'chat-api'),
  deployment(5),
  object('PodDisruptionBudget', 'chat-api'),
  autoscaler(4),
  object('Ingress', 'chat-api'),
]

function narrowed({ parts = [], ...changes }: Partial<NarrowInput> & { readonly parts?: readonly Part[] } = {}) {
  const faulty = new Set(parts)
  const children = [deployment(2, 77)]
  const result = narrow({ model: chatModel(), desired, faulty, startsNoPods: false, children, ...changes })
  const find = (kind: string) => result.desired.find((each) => each.kind === kind)
  return {
    ...result,
    find,
    spec: (kind: string) => find(kind)?.['spec'],
    replicas: at<number>(find('Deployment'), 'spec', 'replicas'),
    held: result.desired.filter(result.isHeld).map(({ kind }) => kind),
  }
}

test('without faults everything is written as desired', () => {
  const { desired: all, held, isKept } = narrowed()
  expect(all).toEqual(desired)
  expect(held).toEqual([])
  expect(desired.some(isKept)).toBe(false)
})

describe('while new pods could not start', () => {
  test('the number of pods falls and does not rise', () => {
    expect(narrowed({ startsNoPods: true }).replicas).toBe(2)
    expect(narrowed({ startsNoPods: true, children: [deployment(9)] }).replicas).toBe(5)
    expect(narrowed({ startsNoPods: true, children: [] }).held).toEqual(['Deployment'])
  })

  test('an autoscaler adds no pods at once, and has its other bound', () => {
    const spec = (minReplicas: number, live = 2) =>
      narrowed({ startsNoPods: true, desired: [autoscaler(minReplicas)], children: [deployment(live)] }).spec(
        'HorizontalPodAutoscaler',
      )
    expect(spec(4)).toEqual({ minReplicas: 2, maxReplicas: 20 })
    expect(spec(1)).toEqual({ minReplicas: 1, maxReplicas: 20 })
    expect(spec(4, 0)).toEqual({ minReplicas: 1, maxReplicas: 20 })
  })

  test('what is changed has the seal of what it is', () => {
    const changed = narrowed({ startsNoPods: true }).find('Deployment')
    expect(changed).toEqual(deployment(2))
  })
})

describe('a faulty part', () => {
  test('holds its objects, and keeps those that are no longer desired', () => {
    const { held, isKept } = narrowed({ parts: ['exposure'] })
    expect(held).toEqual(['Ingress'])
    expect(isKept(object('HTTPRoute', 'chat-websocket'))).toBe(true)
    expect(isKept(object('NetworkPolicy', 'chat-websocket'))).toBe(false)
  })

  test('holds the number of pods', () => {
    const { held, replicas } = narrowed({ parts: ['api'] })
    expect([held, replicas]).toEqual([['PodDisruptionBudget', 'HorizontalPodAutoscaler'], undefined])
    // Without a present number there is nothing to keep.
    expect(narrowed({ parts: ['api'], children: [] }).held).toContain('Deployment')
  })

  test('holds the deadline of a rollout', () => {
    expect(narrowed({ parts: ['rollout', 'release'] }).spec('Deployment')).toMatchObject({
      progressDeadlineSeconds: 77,
    })
  })

  test('holds nothing where the former release stands in for it', () => {
    expect(narrowed({ parts: ['release'] }).desired).toEqual(desired)
  })
})

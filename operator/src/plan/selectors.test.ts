import { describe, expect, test } from 'vitest'
import { at } from '../runtime/json.ts'
import { rendered } from '../testing/releases.ts'
import { fittedSelector } from './selectors.ts'

const { objects } = rendered({ api: { replicas: 2 } })
const FORMER = { 'app.kubernetes.io/instance': 'chat', app: 'chat-api' }
const live = { ...child('Deployment'), spec: { selector: { matchLabels: FORMER } } }

function child(kind: string) {
  return objects.find((object) => object.kind === kind && object.metadata.name === 'chat-api')!
}

describe('objects that select the pods of a service', () => {
  test.for([
    ['Service', ['spec', 'selector']],
    ['NetworkPolicy', ['spec', 'podSelector', 'matchLabels']],
    ['PodDisruptionBudget', ['spec', 'selector', 'matchLabels']],
    ['Deployment', ['spec', 'selector', 'matchLabels']],
  ] as const)('such as a %s, select them as the live Deployment does', ([kind, path]) => {
    const fitted = fittedSelector(child(kind), live)
    expect(at(fitted, ...path)).toEqual(FORMER)
    expect(Object.keys(at<object>(fitted, 'spec')!)).toEqual(Object.keys(at<object>(child(kind), 'spec')!))
  })

  test('find new pods, which have the labels of both', () => {
    const labels = at<object>(fittedSelector(child('Deployment'), live), 'spec', 'template', 'metadata', 'labels')
    expect(labels).toEqual({ ...at<object>(child('Deployment'), 'spec', 'template', 'metadata', 'labels'), ...FORMER })
  })

  test('are as they are rendered where there is no Deployment yet, or one of this operator', () => {
    for (const kind of ['Service', 'NetworkPolicy', 'PodDisruptionBudget', 'Deployment']) {
      expect(fittedSelector(child(kind), undefined)).toEqual(child(kind))
      expect(fittedSelector(child(kind), child('Deployment'))).toEqual(child(kind))
    }
  })
})

import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

/** Where an object of each kind selects pods, below `spec`. */
const PLACES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  Deployment: ['selector', 'matchLabels'],
  NetworkPolicy: ['podSelector', 'matchLabels'],
  PodDisruptionBudget: ['selector', 'matchLabels'],
  Service: ['selector'],
}

/**
 * An object that selects the pods of a service as its live Deployment does. That can never change, so it stays as the operator
 * chose it that made the Deployment. New pods have its labels too.
 */
export function fittedSelector(object: KubeObject, deployment: KubeObject | undefined): KubeObject {
  const labels = at<object>(deployment, 'spec', 'selector', 'matchLabels')
  const [first, second] = PLACES[object.kind] ?? []
  if (labels === undefined || first === undefined) return object
  const selector = second === undefined ? labels : { ...at<object>(object, 'spec', first), [second]: labels }
  const spec = { ...at<Record<string, unknown>>(object, 'spec'), [first]: selector }
  if (object.kind !== 'Deployment') return { ...object, spec }
  const template = at<{ metadata?: { labels?: object } }>(object, 'spec', 'template')
  const metadata = { ...template?.metadata, labels: { ...template?.metadata?.labels, ...labels } }
  return { ...object, spec: { ...spec, template: { ...template, metadata } } }
}

import { desired, REVISION, type Facts, type Model } from '@chat-app/chat'
import type { OwnedFacts } from '../observe/facts.ts'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { revisionOf, type Revision } from './revision.ts'
import { sealed } from './seal.ts'

export interface Rendered {
  /** The sealed objects that should exist, in the order in which they are applied. */
  readonly desired: readonly KubeObject[]
  readonly revision: Revision
}

/**
 * Renders the children of a ChatApp, with the record of the rollout before the first Deployment.
 *
 * @param children the live children, among them the records of former rollouts
 */
export function render(model: Model, facts: OwnedFacts, children: readonly KubeObject[]): Rendered {
  const objects = desired(model, facts)
  const revision = revisionOf(model, facts.owner, objects, children)
  const completed = objects.map((object) => numbered(withoutScaledReplicas(object, model, facts), revision))
  const first = completed.findIndex(({ kind }) => kind === 'Deployment')
  const ordered = [...completed.slice(0, first), revision.object, ...completed.slice(first)]
  return { desired: ordered.map(sealed), revision }
}

/** A Deployment with the number of the rollout, which follows from the pod templates of all of them. */
function numbered(object: KubeObject, { number }: Revision): KubeObject {
  if (object.kind !== 'Deployment') return object
  const annotations = { ...object.metadata.annotations, [REVISION]: String(number) }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

/** The number of pods that an autoscaler has set belongs to the autoscaler, so the field is not sent. */
function withoutScaledReplicas(object: KubeObject, { services }: Model, { replicas }: Facts): KubeObject {
  const service = Object.values(services).find(({ name }) => name === object.metadata.name)
  if (object.kind !== 'Deployment' || service === undefined || replicas[service.component] === undefined) return object
  const { replicas: _, ...spec } = at<Record<string, unknown>>(object, 'spec') ?? {}
  return { ...object, spec }
}

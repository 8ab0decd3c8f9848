import { desired, type Facts, type Model } from '@chat-app/chat'
import { at } from '../kube/json.ts'
import type { KubeObject } from '../kube/types.ts'
import type { Reconciliation } from '../reconciliation.ts'
import { revisionOf } from '../revision.ts'

/**
 * The children as they should be, with the record of the rollout before the first Deployment. Rendered twice: the
 * number of the rollout follows from the pod templates, and is written on the Deployments.
 */
export function render(run: Reconciliation, model: Model, facts: Facts): readonly KubeObject[] {
  const observed = run.operator.world.children(run.chatApp)
  const revision = revisionOf(model, facts.owner!, desired(model, facts), observed)
  const objects = desired(model, { ...facts, revision: revision.number }).map((object) =>
    withoutScaledReplicas(object, model, facts),
  )
  const first = objects.findIndex(({ kind }) => kind === 'Deployment')
  run.revision = revision
  run.rendered = [...objects.slice(0, first), revision.object, ...objects.slice(first)]
  return run.rendered
}

/** The number of pods that an autoscaler has set is its own: the field is not in what we send. */
function withoutScaledReplicas(object: KubeObject, { services }: Model, { replicas }: Facts): KubeObject {
  const service = Object.values(services).find(({ name }) => name === object.metadata.name)
  if (object.kind !== 'Deployment' || service === undefined || replicas[service.component] === undefined) return object
  const { replicas: _, ...spec } = at<Record<string, unknown>>(object, 'spec') ?? {}
  return { ...object, spec }
}

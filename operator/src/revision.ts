import { canonical, type Facts, type Model } from '@chat-app/chat'
import { hashOf } from './hash.ts'
import { at } from './kube/json.ts'
import { controllerOf, type KubeObject, type ObjectMeta } from './kube/types.ts'

/** A rollout as it is numbered and kept. */
export interface Revision {
  readonly number: number
  readonly object: KubeObject
}

/** Annotation with the resolved model that a revision was rendered from. Data cannot change; this may. */
const MODEL = 'chat-app.com/model'

/**
 * The revision of what is rendered: the number of the stored one with the same pod templates when that is the newest,
 * else one more than the newest, also when an older one comes back. It keeps the templates, and the model they came from.
 */
export function revisionOf(
  model: Model,
  owner: NonNullable<Facts['owner']>,
  rendered: readonly KubeObject[],
  observed: readonly KubeObject[],
): Revision {
  const templates = templatesOf(rendered)
  const inputs = hashOf(templates)
  const name = `${model.name}-${inputs.slice(0, 10)}`
  const stored = observed.filter(
    (object) => object.kind === 'ControllerRevision' && controllerOf(object)?.uid === owner.uid,
  )
  const newest = Math.max(0, ...stored.map(numberOf))
  const same = stored.find((object) => object.metadata.name === name)
  const number = same !== undefined && numberOf(same) === newest ? newest : newest + 1
  const metadata: ObjectMeta = {
    name,
    namespace: model.namespace,
    labels: rendered.find(({ kind }) => kind === 'ConfigMap')?.metadata.labels ?? {},
    annotations: { [MODEL]: canonical(withoutSwitches(model)) },
    ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
  }
  const data = { version: model.version, inputs, templates }
  return { number, object: { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata, revision: number, data } }
}

/** Whether the operator acts at all is no part of a rollout; were it kept here, pausing would itself be a change. */
function withoutSwitches({ spec }: Model): object {
  const { paused: _paused, hibernated: _hibernated, ...kept } = spec
  return kept
}

function templatesOf(rendered: readonly KubeObject[]): Record<string, unknown> {
  const deployments = rendered.filter(({ kind }) => kind === 'Deployment')
  return Object.fromEntries(deployments.map((each) => [each.metadata.name, at<unknown>(each, 'spec', 'template')]))
}

function numberOf(revision: KubeObject): number {
  return Number(revision['revision'] ?? 0)
}

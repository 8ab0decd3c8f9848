import { canonical, type Facts, type Model } from '@chat-app/chat'
import { at } from '../runtime/json.ts'
import { controllerOf, type KubeObject, type ObjectMeta } from '../runtime/types.ts'
import { hashOf } from './hash.ts'

/** A rollout with its number and the ControllerRevision that records it. */
export interface Revision {
  readonly number: number
  readonly object: KubeObject
}

/** Annotation with the resolved model of a revision. An annotation can change, the data of a ControllerRevision cannot. */
const MODEL_ANNOTATION = 'chat-app.com/model'
/** Characters of the templates' hash in the name, as in the names of ReplicaSets. */
const NAME_HASH_CHARACTERS = 10

/**
 * The revision of the rendered objects. It has the number of the newest stored revision when the pod templates are the
 * same, else the next number, also when the templates are those of an older revision. It records the templates and their
 * model.
 */
export function revisionOf(
  model: Model,
  owner: NonNullable<Facts['owner']>,
  rendered: readonly KubeObject[],
  observed: readonly KubeObject[],
): Revision {
  const templates = templatesOf(rendered)
  const inputs = hashOf(templates)
  const name = `${model.name}-${inputs.slice(0, NAME_HASH_CHARACTERS)}`
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
    annotations: { [MODEL_ANNOTATION]: canonical(withoutSwitches(model)) },
    ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
  }
  const data = { version: model.version, inputs, templates }
  return { number, object: { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata, revision: number, data } }
}

/** Without `paused` and `hibernated`, so that setting them does not change the record of the rollout. */
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

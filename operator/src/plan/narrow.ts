import { partsOf, type Model, type Part } from '@chat-app/chat'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { ofRunningRelease, resealed } from './running-release.ts'

export interface NarrowInput {
  readonly model: Model
  /** The sealed objects that should exist. */
  readonly desired: readonly KubeObject[]
  /** Objects that must not be written yet. Of a Deployment only the pod template is held. */
  readonly holds: ReadonlyMap<KubeObject, string>
  /** Parts of the spec that are faulty. */
  readonly faulty: ReadonlySet<Part>
  /** Whether a new pod could not start, since a Secret or a cluster is missing. */
  readonly startsNoPods: boolean
  readonly children: readonly KubeObject[]
}

export interface Narrowed {
  /** The same objects, some of them with what must stay as it is. */
  readonly desired: readonly KubeObject[]
  /** Whether one of them must not be written. */
  readonly isHeld: (object: KubeObject) => boolean
  /** Whether a live object that is no longer desired stays all the same. */
  readonly isKept: (live: KubeObject) => boolean
}

/** Narrows what is written to what no hold and no faulty part concerns. */
export function narrow(input: NarrowInput): Narrowed {
  const { model, faulty, holds } = input
  const held = new Set<KubeObject>()
  const isFaulty = (object: KubeObject) => partsOf(object, model).some((part) => faulty.has(part))
  const narrowed = (object: KubeObject): KubeObject | undefined => {
    if (object.kind === 'Deployment') return narrowedDeployment(object, input)
    if (holds.has(object) || isFaulty(object)) return undefined
    return object.kind === 'HorizontalPodAutoscaler' ? narrowedAutoscaler(object, input, held) : object
  }
  const desired = input.desired.map((object) => {
    const kept = narrowed(object)
    if (kept === undefined) held.add(object)
    return kept ?? object
  })
  return { desired, isHeld: (object) => held.has(object), isKept: isFaulty }
}

/** While its template is held, a Deployment has that of the release that runs, and follows the spec in everything else. */
function narrowedDeployment(object: KubeObject, input: NarrowInput): KubeObject | undefined {
  const { holds, faulty, startsNoPods, children } = input
  const live = deploymentOf(object, children)
  const isNumberFaulty = partsOf(object, input.model).some((part) => isNumber(part) && faulty.has(part))
  if (live === undefined && (isNumberFaulty || startsNoPods)) return undefined
  const isTemplateHeld = holds.has(object) || faulty.has('release')
  const narrowed = isTemplateHeld ? ofRunningRelease(object, live, children) : object
  if (narrowed === undefined || live === undefined) return narrowed
  const { replicas, ...spec } = at<Record<string, unknown>>(narrowed, 'spec') ?? {}
  const deadline = faulty.has('rollout') ? at(live, 'spec', 'progressDeadlineSeconds') : spec['progressDeadlineSeconds']
  const number = isNumberFaulty ? undefined : startsNoPods ? atMost(replicas, at(live, 'spec', 'replicas')) : replicas
  return resealed(
    { ...narrowed, spec },
    { progressDeadlineSeconds: deadline, ...(number !== undefined && { replicas: number }) },
  )
}

function isNumber(part: Part): boolean {
  return part === 'api' || part === 'websocket'
}

/**
 * An autoscaler is written also while new pods could not start: it may add pods by its present bounds as well, and they wait for
 * their Secret or restart, beside those that serve. Only its `minReplicas` would add pods at once, so that is at most the
 * present number. Without a Deployment it has nothing to scale.
 */
function narrowedAutoscaler(
  object: KubeObject,
  { startsNoPods, children, desired }: NarrowInput,
  held: ReadonlySet<KubeObject>,
): KubeObject | undefined {
  const live = deploymentOf(object, children)
  const target = desired.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === object.metadata.name)
  if (live === undefined) return target !== undefined && held.has(target) ? undefined : object
  if (!startsNoPods) return object
  const minReplicas = atMost(at(object, 'spec', 'minReplicas'), Math.max(1, at<number>(live, 'spec', 'replicas') ?? 1))
  return resealed(object, { minReplicas })
}

function atMost(desired: unknown, live: unknown): unknown {
  return typeof desired === 'number' && typeof live === 'number' ? Math.min(desired, live) : desired
}

/** The live Deployment with the name of an object. */
function deploymentOf({ metadata: { name } }: KubeObject, children: readonly KubeObject[]): KubeObject | undefined {
  return children.find((child) => child.kind === 'Deployment' && child.metadata.name === name)
}

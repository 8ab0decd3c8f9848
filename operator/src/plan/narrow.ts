import { partsOf, type Model, type Part } from '@chat-app/chat'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { DESIRED_HASH, sealed } from './seal.ts'

export interface NarrowInput {
  readonly model: Model
  /** The sealed objects that should exist. */
  readonly desired: readonly KubeObject[]
  /** Parts of the spec that are faulty. A faulty release is replaced by the one that was desired before it, so it holds nothing. */
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

/** Narrows what is written to what no fault concerns. */
export function narrow(input: NarrowInput): Narrowed {
  const held = new Set<KubeObject>()
  const isFaulty = (object: KubeObject) =>
    partsOf(object, input.model).some((part) => part !== 'release' && input.faulty.has(part))
  const desired = input.desired.map((object) => {
    if (object.kind === 'Deployment') return narrowedDeployment(object, input, held)
    if (isFaulty(object)) held.add(object)
    return object.kind === 'HorizontalPodAutoscaler' ? narrowedAutoscaler(object, input, held) : object
  })
  return { desired, isHeld: (object) => held.has(object), isKept: isFaulty }
}

/** What is faulty stays as it is, and a number of pods does not rise while they could not start. */
function narrowedDeployment(object: KubeObject, input: NarrowInput, held: Set<KubeObject>): KubeObject {
  const { faulty, startsNoPods } = input
  const live = deploymentOf(object, input)
  const isNumberFaulty = partsOf(object, input.model).some(
    (part) => part !== 'release' && part !== 'rollout' && faulty.has(part),
  )
  if (live === undefined) {
    if (isNumberFaulty || startsNoPods) held.add(object)
    return object
  }
  const { replicas, progressDeadlineSeconds, ...spec } = at<Record<string, unknown>>(object, 'spec') ?? {}
  const number = startsNoPods ? atMost(replicas, at(live, 'spec', 'replicas')) : replicas
  return resealed(object, {
    ...spec,
    progressDeadlineSeconds: faulty.has('rollout')
      ? at(live, 'spec', 'progressDeadlineSeconds')
      : progressDeadlineSeconds,
    ...(number !== undefined && !isNumberFaulty && { replicas: number }),
  })
}

/**
 * An autoscaler is written also while new pods could not start: it may add pods by its present bounds as well, and they wait for
 * their Secret or restart, beside those that serve. Only its `minReplicas` would add pods at once, so that is at most the
 * present number.
 */
function narrowedAutoscaler(object: KubeObject, input: NarrowInput, held: ReadonlySet<KubeObject>): KubeObject {
  const live = deploymentOf(object, input)
  if (!input.startsNoPods || live === undefined || held.has(object)) return object
  const spec = at<Record<string, unknown>>(object, 'spec') ?? {}
  const minReplicas = atMost(spec['minReplicas'], Math.max(1, at<number>(live, 'spec', 'replicas') ?? 1))
  return resealed(object, { ...spec, minReplicas })
}

function atMost(desired: unknown, live: unknown): unknown {
  return typeof desired === 'number' && typeof live === 'number' ? Math.min(desired, live) : desired
}

/** The live Deployment with the name of an object. */
function deploymentOf({ metadata: { name } }: KubeObject, { children }: NarrowInput): KubeObject | undefined {
  return children.find((child) => child.kind === 'Deployment' && child.metadata.name === name)
}

function resealed(object: KubeObject, spec: object): KubeObject {
  const { annotations: { [DESIRED_HASH]: _, ...others } = {}, ...metadata } = object.metadata
  const annotations = Object.keys(others).length > 0 && { annotations: others }
  return sealed({ ...object, metadata: { ...metadata, ...annotations }, spec })
}

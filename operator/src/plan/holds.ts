import { componentNamed, type ByService, type Model } from '@chat-app/chat'
import { componentOf } from '../observe/pods.ts'
import type { KubeObject } from '../runtime/types.ts'
import type { Live } from './release/judge.ts'
import type { Selection } from './release/select.ts'
import type { Stage } from './stages.ts'

export interface HoldInput {
  readonly model: Model
  /** The sealed objects that should exist. */
  readonly desired: readonly KubeObject[]
  readonly live: Live
  readonly selection: Selection
  readonly stages: ByService<Stage>
  /** Why the migration is not tried again yet. */
  readonly migrationWait: string | undefined
}

/** The objects that must not be written yet, each with the reason. */
export function holdsOf(input: HoldInput): ReadonlyMap<KubeObject, string> {
  const holds = new Map<KubeObject, string>()
  for (const object of input.desired) {
    const reason = holdOf(object, input)
    if (reason !== undefined) holds.set(object, reason)
  }
  return holds
}

function holdOf(object: KubeObject, input: HoldInput): string | undefined {
  if (object.kind === 'Job') return componentOf(object) === 'prove' ? proofHold(input) : jobHold(input)
  if (object.kind === 'ControllerRevision') return recordHold(object, input)
  if (object.kind === 'ConfigMap') return configHold(object, input)
  if (object.kind !== 'Deployment' && object.kind !== 'HorizontalPodAutoscaler') return undefined
  return creationHold(object, input)
}

function jobHold({ model, live, selection: { target, refusal }, migrationWait }: HoldInput): string | undefined {
  // A Job that has ended is only kept.
  if (target.learned.migration !== undefined) return undefined
  if (model.hibernated) return 'hibernated: no migration runs'
  if (refusal !== undefined) return refusal.message
  return live.hasFaults ? 'the migration waits for its dependencies' : migrationWait
}

function proofHold({ live, selection: { refusal } }: HoldInput): string | undefined {
  return refusal?.message ?? (live.hasFaults ? 'the proof waits for its dependencies' : undefined)
}

/** A record exists only for a release that was begun. */
function recordHold({ metadata: { name } }: KubeObject, { model, live, selection }: HoldInput): string | undefined {
  const { target, refusal } = selection
  if (name !== target.name || target.isStored) return undefined
  if (refusal !== undefined) return refusal.message
  return live.hasFaults && !model.hibernated ? 'the release waits for its dependencies' : undefined
}

/** Nothing of a refused release is written. */
function configHold({ metadata: { name } }: KubeObject, { selection }: HoldInput): string | undefined {
  const users = selection.records.filter(({ release }) => release.config.name === name)
  return users.every((record) => !record.isStored) ? selection.refusal?.message : undefined
}

/** Without a Deployment nothing serves yet, and there is no template to keep. */
function creationHold({ metadata: { name } }: KubeObject, input: HoldInput): string | undefined {
  const { model, live, selection, stages } = input
  const component = componentNamed(name, model.services)
  if (component === undefined || live.deployments[component] !== undefined || model.hibernated) return undefined
  const stage = stages[component]
  return stage?.record?.name === selection.wanted.name ? stage.wait : undefined
}

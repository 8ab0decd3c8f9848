import type { Model } from '@chat-app/chat'
import { drainingMs, holdOf } from '../holds.ts'
import type { KubeObject } from '../kube/types.ts'
import { nameOf, plan, type Action, type Plan } from '../plan.ts'
import { secretFaults } from '../secrets.ts'
import type { Reconciliation } from '../reconciliation.ts'

const NOTHING: Plan = { actions: [], foreign: [], leaving: [] }

/** What has to be written now. A paused ChatApp keeps its plan to itself and only tells of it. */
export function planChanges(run: Reconciliation, model: Model, desired: readonly KubeObject[]): Plan {
  const { operator, chatApp, clusterFaults } = run
  const { world, memory } = operator
  const faults = secretFaults(model, (name) => world.secret(model.namespace, name))
  const hasFaults = faults.length > 0 || clusterFaults.length > 0
  const now = operator.now()
  const hold = holdOf({ model, chatApp, world, hasFaults, job: jobOf(run), now })
  const changes = plan({
    owner: chatApp.metadata,
    desired,
    observed: world.children(chatApp),
    isHeld: (object) => hold(object) !== undefined,
    normalized: (object) => memory.normalized.get(nameOf(object)),
  })
  // What a hibernated ChatApp does without is nothing that is missing.
  const held = model.hibernated ? [] : [...new Set(desired.flatMap((object) => hold(object) ?? []))]
  const waitMs = drainingMs(world.pods(chatApp), now)
  if (held.length > 0 && waitMs > 0) run.againMs.push(waitMs)
  run.held = model.paused ? [...held, ...changes.actions.map(describe)] : held
  return model.paused ? NOTHING : changes
}

/** The migration Job of the desired release, as it was last seen. */
export function jobOf({ rendered, operator }: Reconciliation): KubeObject | undefined {
  const job = rendered?.find(({ kind }) => kind === 'Job')
  return job && operator.world.store('Job').get(job.metadata.namespace ?? '', job.metadata.name)
}

function describe(action: Action): string {
  const object = action.type === 'delete' ? action.live : action.object
  return `would ${action.type} ${object.kind} ${object.metadata.name}`
}

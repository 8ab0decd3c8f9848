import type { Model } from '@chat-app/chat'
import type { ClusterFault } from '../../observe/cluster-faults.ts'
import type { SecretFault } from '../../observe/secret-faults.ts'
import { drainingMs, holdsOf } from '../../plan/holds.ts'
import { migrationRetryOf, type MigrationRetry } from '../../plan/migration-retry.ts'
import { nameOf, plan, type Action, type Plan } from '../../plan/plan.ts'
import type { Rendered } from '../../plan/render.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { migrationJobOf } from '../migration-job.ts'
import type { Subject } from '../operator.ts'

/** The writes to make now, and what is held back. */
export interface Changes extends Plan {
  /** A failed migration. Its Job is deleted first when the time has come. */
  readonly migrationRetry: MigrationRetry | undefined
  /** The reasons why changes are held back. */
  readonly held: readonly string[]
  /** Times after which to plan again. */
  readonly delaysMs: readonly number[]
}

interface Needs extends Subject {
  readonly model: Model
  readonly secretFaults: readonly SecretFault[]
  readonly clusterFaults: readonly ClusterFault[]
  readonly children: readonly KubeObject[]
  readonly rendered: Rendered
}

const NO_ACTIONS: Plan = { actions: [], foreign: [], leaving: [] }

/** Plans the writes. For a paused ChatApp there are none; they are listed in `held`. */
export function planChanges(needs: Needs): { changes: Changes } {
  const { operator, chatApp, model, children, rendered } = needs
  const now = operator.now()
  const migrationRetry = retryOf(needs, now)
  const replaced = migrationRetry?.waitMs === 0 ? migrationRetry.job : undefined
  const pods = operator.world.pods(chatApp)
  const drainMs = drainingMs(pods, now)
  const holds = holdsIn(needs, { replaced, pods, drainMs })
  const planned = plan({
    owner: chatApp.metadata,
    desired: rendered.desired,
    observed: children.filter((child) => child !== replaced),
    isHeld: (object) => holds.has(object),
    normalized: (object) => operator.memory.normalized.get(nameOf(object)),
  })
  // A hibernated ChatApp is complete without what is held.
  const held = model.hibernated ? [] : [...new Set(holds.values())]
  const delaysMs = [migrationRetry?.waitMs ?? 0, held.length > 0 ? drainMs : 0].filter((ms) => ms > 0)
  const changes = model.paused
    ? { ...NO_ACTIONS, held: [...held, ...planned.actions.map(describe)] }
    : { ...planned, held }
  return { changes: { ...changes, migrationRetry, delaysMs } }
}

function retryOf({ operator, chatApp, model, children }: Needs, now: Date): MigrationRetry | undefined {
  if (model.paused || model.hibernated) return undefined
  return migrationRetryOf(chatApp.metadata, children, operator.memory.failedRuns.get(chatApp.metadata.uid), now)
}

function holdsIn(
  { operator: { world }, model, secretFaults, clusterFaults, rendered: { desired } }: Needs,
  { replaced, pods, drainMs }: { replaced: KubeObject | undefined; pods: readonly KubeObject[]; drainMs: number },
): ReadonlyMap<KubeObject, string> {
  const job = migrationJobOf(desired, world)
  return holdsOf({
    model,
    desired,
    hasFaults: secretFaults.length > 0 || clusterFaults.length > 0,
    job: job === replaced ? undefined : job,
    websocket: world.store('Deployment').get(model.namespace, model.services.websocket.name),
    pods,
    drainingMs: drainMs,
  })
}

function describe(action: Action): string {
  const object = action.type === 'delete' ? action.live : action.object
  return `would ${action.type} ${object.kind} ${object.metadata.name}`
}

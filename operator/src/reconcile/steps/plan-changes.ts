import type { Model } from '@chat-app/chat'
import { holdsOf } from '../../plan/holds.ts'
import { migrationRetryOf, type MigrationRetry } from '../../plan/migration-retry.ts'
import { narrow } from '../../plan/narrow.ts'
import { nameOf, plan, type Action, type Plan } from '../../plan/plan.ts'
import { configsIn } from '../../plan/release/history.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { isMigration } from '../migration-job.ts'
import type { Subject } from '../operator.ts'
import { faultyParts, type Faults } from '../faults.ts'
import type { Choice } from './choose-release.ts'

/** The writes to make now, and what is held back. */
export interface Changes extends Plan {
  /** A failed migration. Its Job is deleted first when the time has come. */
  readonly migrationRetry: MigrationRetry | undefined
  /** The reasons why changes are held back. */
  readonly held: readonly string[]
  /** Times after which to plan again. */
  readonly delaysMs: readonly number[]
}

interface Needs extends Subject, Faults {
  readonly model: Model
  readonly choice: Choice
  readonly rendered: readonly KubeObject[]
}

const NO_ACTIONS: Plan = { actions: [], foreign: [], leaving: [] }

/** Plans the writes. For a paused ChatApp there are none; they are listed in `held`. */
export function planChanges(needs: Needs): { changes: Changes } {
  const { operator, chatApp, model, choice, rendered } = needs
  const { children, live, selection, stages, replacements, drainMs } = choice
  const migrationRetry = retryOf(needs, operator.now())
  const retryMs = migrationRetry?.waitMs ?? 0
  const replaced = retryMs === 0 ? migrationRetry?.job : undefined
  const migrationWait = retryMs > 0 ? 'the migration has failed and is tried again later' : undefined
  const startsNoPods = live.hasFaults && !model.hibernated
  const narrowed = narrow({ model, desired: rendered, faulty: faultyParts(needs), startsNoPods, children })
  const { desired } = narrowed
  const holds = holdsOf({ model, desired, live, selection, stages, migrationWait })
  const configs = configsIn(live.pods)
  const planned = plan({
    owner: chatApp.metadata,
    desired,
    observed: children.filter((child) => child !== replaced),
    isHeld: (object) => holds.has(object) || narrowed.isHeld(object),
    isKept: (object) => narrowed.isKept(object) || (object.kind === 'ConfigMap' && configs.has(object.metadata.name)),
    normalized: (object) => operator.memory.normalized.get(nameOf(object)),
  })
  // A hibernated ChatApp is complete without what is held.
  const waits = [...Object.values(stages).map(({ wait }) => wait), selection.proof.wait]
  const held = model.hibernated ? [] : [...new Set([...holds.values(), ...waits])].filter((wait) => wait !== undefined)
  const soaksMs = Object.values(replacements).map(({ waitMs }) => waitMs)
  const waitsMs = [...selection.waitsMs, selection.proof.waitMs, ...soaksMs]
  const delaysMs = [retryMs, held.length > 0 ? drainMs : 0, ...waitsMs].filter((ms) => ms > 0)
  const changes = model.paused
    ? { ...NO_ACTIONS, held: [...held, ...planned.actions.map(describe)] }
    : { ...planned, held }
  return { changes: { ...changes, migrationRetry, delaysMs } }
}

function retryOf(
  { operator: { memory }, chatApp, model, choice, rendered }: Needs,
  now: Date,
): MigrationRetry | undefined {
  if (model.paused || model.hibernated || choice.selection.target.learned.migration !== undefined) return undefined
  const { uid } = chatApp.metadata
  const former = memory.failedRuns.get(uid)
  const name = rendered.find(isMigration)?.metadata.name ?? ''
  const isLive = choice.children.some(({ kind, metadata }) => kind === 'Job' && metadata.name === name)
  const ended = isLive ? undefined : memory.jobs.of(uid, name)
  return migrationRetryOf(chatApp.metadata, choice.children, { former, ended }, now)
}

function describe(action: Action): string {
  const object = action.type === 'delete' ? action.live : action.object
  return `would ${action.type} ${object.kind} ${object.metadata.name}`
}

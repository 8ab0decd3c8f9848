import { SCHEMA_MIN_AGE_MS } from '../limits.ts'
import type { Failure } from '../plan/failure.ts'
import { failuresIn } from './faults.ts'
import type { Next, Operator, Subject } from './operator.ts'
import { startWith } from './steps.ts'
import { admitRelease } from './steps/admit-release.ts'
import { applyChanges } from './steps/apply-changes.ts'
import { checkClusters } from './steps/check-clusters.ts'
import { checkSecrets } from './steps/check-secrets.ts'
import { chooseRelease } from './steps/choose-release.ts'
import { findOutages } from './steps/find-outages.ts'
import { gatherFacts } from './steps/gather-facts.ts'
import { load } from './steps/load.ts'
import { planChanges, type Changes } from './steps/plan-changes.ts'
import { readModel } from './steps/read-model.ts'
import { renderChildren } from './steps/render-children.ts'
import { writeStatus } from './steps/write-status.ts'

/** Only `applyChanges` writes; `admitRelease` asks by dry run. */
const STEPS = startWith<Subject>()
  .step(readModel)
  .step(checkSecrets)
  .step(gatherFacts)
  .step(checkClusters)
  .step(chooseRelease)
  .step(admitRelease)
  .step(renderChildren)
  .step(planChanges)
  .step(applyChanges)

/**
 * Brings one ChatApp nearer to its spec, and writes its status, whatever happened before.
 *
 * @param key `namespace/name`
 * @param watched where a kind cannot be read: without its first list nothing is decided, later all goes on as last seen
 * @throws ApiError, ConnectionError when the status cannot be written
 */
export async function reconcile(key: string, operator: Operator, watched: Watched = { isServed: true }): Promise<Next> {
  const chatApp = load(key, operator)
  if (chatApp === undefined) return { type: 'done' }
  const { found, failure = refused(watched) } = watched.isServed
    ? await STEPS.run({ operator, chatApp })
    : { found: {} }
  const outages = findOutages({ operator, chatApp })
  const wrote = await writeStatus({ ...found, ...outages, operator, chatApp, failure })
  return nextOf({ ...found, ...outages, ...wrote, failure, faults: failuresIn(found) })
}

interface Watched {
  /** Whether every required kind was listed in the namespace of the ChatApp. */
  readonly isServed: boolean
  /** Why a required kind cannot be read at the moment. */
  readonly refusal?: string | undefined
}

function refused({ refusal }: Watched): Failure | undefined {
  if (refusal === undefined) return undefined
  const message = `${refusal}; install the Role of the operator in this namespace`
  return { kind: 'stalled', reason: 'WatchNotPermitted', message }
}

interface Findings {
  readonly failure: Failure | undefined
  readonly clusterAskMs?: number | undefined
  readonly faults: readonly Failure[]
  readonly changes?: Changes
  readonly recheckMs: number | undefined
  readonly lacksFields: boolean
}

/** The earliest of the times at which something that is not watched may have changed. */
function nextOf({ failure, faults, clusterAskMs, changes, recheckMs, lacksFields }: Findings): Next {
  const failures = failure === undefined ? faults : [failure, ...faults]
  if (failures.some(({ kind }) => kind === 'transient')) return { type: 'retry' }
  const delaysMs = [
    ...failures.flatMap(({ retryMs }) => retryMs ?? []),
    ...(clusterAskMs === undefined ? [] : [clusterAskMs]),
    ...(changes?.delaysMs ?? []),
    ...(recheckMs === undefined ? [] : [recheckMs]),
    ...(lacksFields ? [SCHEMA_MIN_AGE_MS] : []),
  ]
  return delaysMs.length === 0 ? { type: 'done' } : { type: 'after', ms: Math.min(...delaysMs) }
}

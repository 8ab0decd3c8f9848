import { classify } from '../plan/failure.ts'
import { begin, type Next, type Operator, type Reconciliation } from './operator.ts'
import { applyChanges } from './steps/apply-changes.ts'
import { checkDependencies } from './steps/check-clusters.ts'
import { gatherFacts } from '../observe/facts.ts'
import { askUnreadyPods } from './steps/ask-unready-pods.ts'
import { load } from './steps/load.ts'
import { retryMigration } from '../plan/migration-retry.ts'
import { readModel } from './steps/read-model.ts'
import { planChanges } from './steps/plan-changes.ts'
import { render } from '../plan/render.ts'
import { writeStatus } from './steps/write-status.ts'

/** Brings one ChatApp nearer to what it asks for, and writes down how near it is. */
export async function reconcile(key: string, operator: Operator): Promise<Next> {
  const chatApp = load(key, operator)
  if (chatApp === undefined) return { type: 'done' }
  const run = begin(chatApp, operator)
  try {
    await advance(run)
  } catch (error) {
    run.failure = classify(error)
  }
  await askUnreadyPods(run)
  await writeStatus(run)
  return nextOf(run)
}

/** The steps. None reads what a later one makes, and only `apply` writes; an error ends them, and its type says what is next. */
async function advance(run: Reconciliation): Promise<void> {
  const model = readModel(run)
  const facts = await gatherFacts(run, model)
  await checkDependencies(run, model)
  await retryMigration(run, model)
  const desired = render(run, model, facts)
  const changes = planChanges(run, model, desired)
  await applyChanges(run, changes)
}

function nextOf({ failure, againMs }: Reconciliation): Next {
  if (failure?.kind === 'transient') return { type: 'retry' }
  const times = failure?.againMs === undefined ? againMs : [...againMs, failure.againMs]
  return times.length === 0 ? { type: 'done' } : { type: 'after', ms: Math.min(...times) }
}

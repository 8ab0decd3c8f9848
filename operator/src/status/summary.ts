import type { Failure } from '../plan/failure.ts'
import { rolloutOf } from '../observe/rollout.ts'
import { COMPONENTS, type Blocker, type Observed, type Verdict } from '../observe/observed.ts'
import { serviceBlocker } from './conditions/service-available.ts'

/** What the three summary conditions are decided from, besides the verdicts. */
export interface SummaryInput {
  /** Absent when not even a model could be made. */
  readonly observed: Observed | undefined
  readonly verdicts: readonly Verdict[]
  /** What ended the reconciliation early, if anything did. */
  readonly failure: Failure | undefined
  /** Changes that are held back: by `paused`, or until a stage is over. In words. */
  readonly held: readonly string[]
}

/**
 * `Ready`, `Reconciling` and `Stalled` as kstatus defines them: Ready is true only when all is as the present
 * generation asks; Stalled when only a person can help; Reconciling while it will get there by itself.
 */
export function summaryOf(input: SummaryInput): Verdict[] {
  const blocker = blockerOf(input)
  const paused = input.observed?.model.paused === true
  const isStalled = isStalledBy(input)
  if (blocker === undefined) {
    const reason = input.observed?.model.hibernated === true ? 'Hibernated' : paused ? 'Paused' : 'Ready'
    const message = READY_MESSAGES[reason]
    return [verdict('Ready', 'True', { reason, message }), ...progress(false, false, { reason, message })]
  }
  return [verdict('Ready', 'False', blocker), ...progress(!isStalled && !paused, isStalled, blocker)]
}

const READY_MESSAGES = {
  Ready: 'all is as desired',
  Paused: 'all is as desired; paused: nothing will be changed',
  Hibernated: 'hibernated: scaled to zero, everything else is kept',
} as const

function progress(isReconciling: boolean, isStalled: boolean, why: Blocker): Verdict[] {
  const isSettled = { reason: why.reason, message: 'nothing is under way' }
  const isFree = { reason: 'NotStalled', message: 'it goes on by itself as soon as it can' }
  return [
    isReconciling ? verdict('Reconciling', 'True', why) : verdict('Reconciling', 'False', isSettled),
    isStalled ? verdict('Stalled', 'True', why) : verdict('Stalled', 'False', isFree),
  ]
}

function isStalledBy({ failure, observed }: SummaryInput): boolean {
  return failure?.kind === 'stalled' || (observed !== undefined && exceededDeadline(observed) !== undefined)
}

/** The first thing that keeps the ChatApp from being ready, in the order in which a person should look. */
function blockerOf({ observed, verdicts, failure, held }: SummaryInput): Blocker | undefined {
  if (failure?.kind === 'stalled') return failure
  const early = verdicts.find(({ type, status }) => status === 'False' && EARLY.has(type))
  if (early !== undefined) return early
  if (observed === undefined) return failure ?? { reason: 'Unknown', message: 'nothing is known yet' }
  if (observed.model.paused && held.length > 0) return { reason: 'Paused', message: `paused: ${held.join('; ')}` }
  if (failure !== undefined) return failure
  if (!observed.model.hibernated) {
    const migration = verdicts.find(({ type, status }) => type === 'Migrated' && status !== 'True')
    if (migration !== undefined) return migration
  }
  return rolloutBlocker(observed) ?? exceededDeadline(observed) ?? unfinished(observed, held)
}

/** Without these nothing later can be right. */
const EARLY = new Set(['SecretsAvailable', 'ClustersReady', 'DatabaseReachable'])

function rolloutBlocker(observed: Observed): Blocker | undefined {
  return COMPONENTS.map((component) => serviceBlocker(component, observed)).find((blocker) => blocker !== undefined)
}

function exceededDeadline(observed: Observed): Blocker | undefined {
  const { model, deployments } = observed
  for (const component of COMPONENTS) {
    const { hasExceededDeadline, progress } = rolloutOf(model.services[component], deployments[component])
    if (hasExceededDeadline) return { reason: 'ProgressDeadlineExceeded', message: progress }
  }
  return undefined
}

function unfinished({ model, deployments }: Observed, held: readonly string[]): Blocker | undefined {
  const open = COMPONENTS.map((component) => rolloutOf(model.services[component], deployments[component]))
    .filter(({ isComplete }) => !isComplete)
    .map(({ progress }) => progress)
  if (open.length === 0 && held.length === 0) return undefined
  return { reason: 'RollingOut', message: `waiting: ${[...held, ...open].join('; ')}` }
}

function verdict(type: string, status: Verdict['status'], { reason, message }: Blocker): Verdict {
  return { type, status, reason, message }
}

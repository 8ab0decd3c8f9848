import type { Blocker } from '../observe/blockers.ts'
import type { Observed } from '../observe/observed.ts'
import { COMPONENTS } from '../observe/rollout.ts'
import type { Failure } from '../plan/failure.ts'
import type { Verdict } from './verdict.ts'

export interface SummaryInput {
  /** Undefined when the spec is invalid, so that there is no model. */
  readonly observed: Observed | undefined
  readonly verdicts: readonly Verdict[]
  /** Why the reconciliation ended early. */
  readonly failure: Failure | undefined
  /** The reasons why changes are held back: `paused`, or a stage that is not complete. */
  readonly held: readonly string[]
}

/** Nothing else can work while one of these is false. */
const DEPENDENCIES = new Set(['SecretsAvailable', 'ClustersReady', 'DatabaseReachable'])

const READY_MESSAGES = {
  Ready: 'everything is as desired',
  Paused: 'everything is as desired; nothing is changed while paused',
  Hibernated: 'hibernated: the services are scaled to zero, everything else is kept',
} as const

/**
 * `Ready`, `Reconciling` and `Stalled` as kstatus defines them: Ready is true only when everything is as the current
 * generation asks; Stalled when only a person can help; Reconciling while the operator is at work or waits.
 */
export function summaryOf(input: SummaryInput): Verdict[] {
  const exceeded = input.observed === undefined ? undefined : exceededDeadline(input.observed)
  const blocker = blockerOf(input, exceeded)
  const model = input.observed?.model
  if (blocker === undefined) {
    const reason = model?.hibernated === true ? 'Hibernated' : model?.paused === true ? 'Paused' : 'Ready'
    const message = READY_MESSAGES[reason]
    return [verdict('Ready', 'True', { reason, message }), ...progress(false, false, { reason, message })]
  }
  const release = input.observed?.release
  const isStalled =
    input.failure?.kind === 'stalled' || exceeded !== undefined || (release?.rollback ?? release?.refusal) === blocker
  return [verdict('Ready', 'False', blocker), ...progress(!isStalled && model?.paused !== true, isStalled, blocker)]
}

function progress(isReconciling: boolean, isStalled: boolean, why: Blocker): Verdict[] {
  const settled = { reason: why.reason, message: 'no change is in progress' }
  const notStalled = { reason: 'NotStalled', message: 'the operator continues as soon as it can' }
  return [
    isReconciling ? verdict('Reconciling', 'True', why) : verdict('Reconciling', 'False', settled),
    isStalled ? verdict('Stalled', 'True', why) : verdict('Stalled', 'False', notStalled),
  ]
}

/** The first thing that keeps the ChatApp from being ready, in the order in which a person should look. */
function blockerOf(
  { observed, verdicts, failure, held }: SummaryInput,
  exceeded: Blocker | undefined,
): Blocker | undefined {
  if (failure?.kind === 'stalled') return failure
  const dependency = verdicts.find(({ type, status }) => status === 'False' && DEPENDENCIES.has(type))
  if (dependency !== undefined) return dependency
  if (observed === undefined) return failure ?? { reason: 'Unknown', message: 'nothing was observed yet' }
  if (observed.model.paused && held.length > 0) return { reason: 'Paused', message: `paused: ${held.join('; ')}` }
  if (failure !== undefined) return failure
  const release = observed.release?.rollback ?? observed.release?.refusal
  if (release !== undefined) return release
  if (!observed.model.hibernated) {
    const migration = verdicts.find(({ type, status }) => type === 'Migrated' && status !== 'True')
    if (migration !== undefined) return migration
  }
  return rolloutBlocker(observed) ?? exceeded ?? unfinished(observed, held)
}

function rolloutBlocker({ services }: Observed): Blocker | undefined {
  return COMPONENTS.map((component) => services[component].blocker).find((blocker) => blocker !== undefined)
}

function exceededDeadline({ services }: Observed): Blocker | undefined {
  const late = COMPONENTS.map((component) => services[component].rollout).find((rollout) => rollout.hasExceededDeadline)
  return late && { reason: 'ProgressDeadlineExceeded', message: late.progress }
}

function unfinished({ services }: Observed, held: readonly string[]): Blocker | undefined {
  const open = COMPONENTS.map((component) => services[component].rollout)
    .filter(({ isComplete }) => !isComplete)
    .map(({ progress }) => progress)
  if (open.length === 0 && held.length === 0) return undefined
  return { reason: 'RollingOut', message: `waiting: ${[...held, ...open].join('; ')}` }
}

function verdict(type: string, status: Verdict['status'], { reason, message }: Blocker): Verdict {
  return { type, status, reason, message }
}

import type { Blocker } from '../observe/blockers.ts'
import type { Observed } from '../observe/observed.ts'
import { joined, type Failure } from '../plan/failure.ts'
import type { Verdict } from './verdict.ts'

export interface SummaryInput {
  /** Undefined when the spec is invalid, so that there is no model. */
  readonly observed: Observed | undefined
  readonly verdicts: readonly Verdict[]
  /** Why the reconciliation ended early. */
  readonly failure: Failure | undefined
  /** Failures that did not end the reconciliation, since they concern a part of the objects. */
  readonly faults: readonly Failure[]
  /** The reasons why changes are held back: `paused`, or a stage that is not complete. */
  readonly held: readonly string[]
}

/** Nothing else can work while one of these is false. */
const DEPENDENCIES = new Set(['SecretsAvailable', 'ClustersReady', 'DatabaseReachable'])

/**
 * `Ready`, `Reconciling` and `Stalled` as kstatus defines them: Ready is true only when everything is as the current
 * generation asks; Stalled when only a person can help; Reconciling while the operator is at work or waits.
 */
export function summaryOf(input: SummaryInput): Verdict[] {
  const exceeded = input.observed === undefined ? undefined : exceededDeadline(input.observed)
  const blocker = blockerOf(input, exceeded)
  const model = input.observed?.model
  if (blocker === undefined) {
    const why = settled(input)
    return [verdict('Ready', 'True', why), ...progress(false, false, why)]
  }
  const release = input.observed?.release
  const isStalled =
    [input.failure, ...input.faults].some((each) => each?.kind === 'stalled') ||
    exceeded !== undefined ||
    (release?.rollback ?? release?.refusal) === blocker
  return [verdict('Ready', 'False', blocker), ...progress(!isStalled && model?.paused !== true, isStalled, blocker)]
}

/** Why nothing is left to do. */
function settled({ observed, verdicts }: SummaryInput): Blocker {
  const { hibernated = false, paused = false } = observed?.model ?? {}
  if (hibernated)
    return { reason: 'Hibernated', message: 'hibernated: the services are scaled to zero, everything else is kept' }
  if (paused) return { reason: 'Paused', message: 'everything is as desired; nothing is changed while paused' }
  const zero = verdicts.filter(({ type, reason }) => type !== 'Available' && reason === 'ScaledToZero')
  if (zero.length === 0) return { reason: 'Ready', message: 'everything is as desired' }
  const message = zero.map((service) => service.message).join('; ')
  return { reason: 'ScaledToZero', message: `everything is as desired; ${message}` }
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
  { observed, verdicts, failure, faults, held }: SummaryInput,
  exceeded: Blocker | undefined,
): Blocker | undefined {
  if (failure?.kind === 'stalled') return failure
  const stalled = joined(faults.filter(({ kind }) => kind === 'stalled'))
  if (stalled !== undefined) return stalled
  const dependency = verdicts.find(({ type, status }) => status === 'False' && DEPENDENCIES.has(type))
  if (dependency !== undefined) return dependency
  if (observed === undefined) return failure ?? { reason: 'Unknown', message: 'nothing was observed yet' }
  if (observed.model.paused && held.length > 0) return { reason: 'Paused', message: `paused: ${held.join('; ')}` }
  const open = failure ?? joined(faults)
  if (open !== undefined) return open
  const release = observed.release?.rollback ?? observed.release?.refusal
  if (release !== undefined) return release
  if (!observed.model.hibernated) {
    const migration = verdicts.find(({ type, status }) => type === 'Migrated' && status !== 'True')
    if (migration !== undefined) return migration
  }
  const proofHold = observed.release?.proofHold
  if (proofHold !== undefined) return { reason: 'ProofSkipped', message: proofHold }
  return rolloutBlocker(observed) ?? exceeded ?? unfinished(observed, held)
}

function rolloutBlocker({ services }: Observed): Blocker | undefined {
  return Object.values(services).find(({ blocker }) => blocker !== undefined)?.blocker
}

/** A release that is not judged goes on by itself. */
function exceededDeadline({ services, release }: Observed): Blocker | undefined {
  if (release?.hold !== undefined) return undefined
  const late = Object.values(services).find(({ rollout }) => rollout.hasExceededDeadline)
  return late && { reason: 'ProgressDeadlineExceeded', message: late.rollout.progress }
}

function unfinished({ services, release }: Observed, held: readonly string[]): Blocker | undefined {
  const open = Object.values(services).flatMap(({ rollout }) => (rollout.isComplete ? [] : [rollout.progress]))
  if (open.length === 0 && held.length === 0) return undefined
  const hold = release?.hold === undefined ? [] : [release.hold]
  return { reason: 'RollingOut', message: `waiting: ${[...hold, ...held, ...open].join('; ')}` }
}

function verdict(type: string, status: Verdict['status'], { reason, message }: Blocker): Verdict {
  return { type, status, reason, message }
}

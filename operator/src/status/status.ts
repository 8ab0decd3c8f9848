import { byService, canonical, type ByService } from '@chat-app/chat'
import type { ChatAppStatus, Condition, ServiceStatus } from '@chat-app/crds'
import { MAX_MESSAGE_CHARACTERS } from '../limits.ts'
import type { Observed } from '../observe/observed.ts'
import type { Failure } from '../plan/failure.ts'
import { defined } from '../runtime/json.ts'
import { time } from '../runtime/time.ts'
import { OPERATOR_VERSION } from '../version.ts'
import { specAccepted } from './conditions/spec-accepted.ts'
import { summaryOf } from './summary.ts'
import type { Verdict } from './verdict.ts'
import { verdictsOf } from './verdicts.ts'

export interface StatusInput {
  /** The generation of the ChatApp that was reconciled. */
  readonly generation: number
  readonly former: ChatAppStatus | undefined
  /** Undefined when the spec is invalid. */
  readonly observed: Observed | undefined
  readonly failure: Failure | undefined
  /** Keyed hashes of the values that pods read only at start; undefined when they are not known. */
  readonly valueHashes: Readonly<Record<string, string>> | undefined
  /** Failures that did not end the reconciliation. */
  readonly faults: readonly Failure[]
  /** Faults of the spec, also those that hold nothing. */
  readonly specFaults: readonly Failure[]
  /** Whether the former exposure stays. */
  readonly isExposureHeld: boolean
  /** The reasons why changes are held back. */
  readonly held: readonly string[]
  /** The number of the rollout, once all its objects are written. */
  readonly revision: number | undefined
  readonly now: Date
}

/** Computes the status. The same observation gives the same status whatever the time, so that it is written once. */
export function statusOf(input: StatusInput): ChatAppStatus {
  const { observed, former, failure, faults, held } = input
  const verdicts = observed === undefined ? [] : verdictsOf(observed)
  const summary = summaryOf({ observed, verdicts, failure, faults, held })
  // A fault elsewhere does not hide that the release runs.
  const isRunning = summaryOf({ observed, verdicts, failure, faults: [], held }).some(isReady)
  const conditions = [...summary, ...verdicts, ...specAccepted(input.specFaults)].map((verdict) =>
    conditionOf(verdict, input),
  )
  return defined({
    observedGeneration: input.generation,
    conditions: observed === undefined ? withFormer(conditions, former) : conditions,
    version: (isRunning ? observed?.model.version : observed?.release?.runs) ?? former?.version,
    targetVersion: observed?.model.version ?? former?.targetVersion,
    schemaVersion: observed?.schemaVersion ?? former?.schemaVersion,
    revision: input.revision ?? former?.revision,
    lastRollout: observed?.release === undefined ? former?.lastRollout : observed.release.lastRollout,
    operator: operatorOf(input),
    ...(observed === undefined
      ? { api: former?.api, websocket: former?.websocket, worker: former?.worker }
      : servicesOf(observed)),
    urls: urlsOf(input),
  })
}

/** Whether two statuses are equal. */
export function sameStatus(a: ChatAppStatus | undefined, b: ChatAppStatus): boolean {
  return canonical(a ?? {}) === canonical(b)
}

/** The condition `Ready` of a status. */
export function readyOf(status: ChatAppStatus | undefined): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

/** A verdict as a condition of the status. */
export function conditionOf(
  { type, status, reason, message }: Verdict,
  { former, generation, now }: Pick<StatusInput, 'former' | 'generation' | 'now'>,
): Condition {
  const before = former?.conditions?.find((condition) => condition.type === type)
  // The time is that of the last change of `status`, not of the reason or the message.
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : time(now)
  const text = message.length > MAX_MESSAGE_CHARACTERS ? `${message.slice(0, MAX_MESSAGE_CHARACTERS)}...` : message
  return { type, status, reason, message: text, lastTransitionTime, observedGeneration: generation }
}

/** With an invalid spec nothing is observed, and the former conditions of dependencies and stages stay. */
function withFormer(conditions: readonly Condition[], former: ChatAppStatus | undefined): Condition[] {
  const types = new Set(conditions.map(({ type }) => type))
  return [...conditions, ...(former?.conditions ?? []).filter(({ type }) => !types.has(type))]
}

function servicesOf({ model, services }: Observed): ByService<ServiceStatus> {
  return byService(model.services, ({ component, selectorString: selector }) => {
    const { ready = 0, desired = 0 } = services[component]?.rollout ?? {}
    return { ready, desired, summary: `${ready}/${desired}`, selector }
  })
}

function operatorOf({ valueHashes, former }: StatusInput): ChatAppStatus['operator'] {
  const secrets = valueHashes ?? former?.operator?.secrets ?? {}
  return { version: OPERATOR_VERSION, ...(Object.keys(secrets).length > 0 && { secrets }) }
}

function urlsOf({ observed, former, isExposureHeld }: StatusInput): ChatAppStatus['urls'] {
  if (observed === undefined || (isExposureHeld && former?.urls !== undefined)) return former?.urls
  const { api, websocket } = observed.model.urls
  return { api, websocket }
}

function isReady({ type, status }: Verdict): boolean {
  return type === 'Ready' && status === 'True'
}

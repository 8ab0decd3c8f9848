import { canonical, type Component, type Model } from '@chat-app/chat'
import type { ChatAppStatus, Condition, ServiceStatus } from '@chat-app/crds'
import { MAX_MESSAGE_CHARACTERS } from '../limits.ts'
import type { Observed } from '../observe/observed.ts'
import type { Failure } from '../plan/failure.ts'
import { time } from '../runtime/time.ts'
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
  /** The reasons why changes are held back. */
  readonly held: readonly string[]
  /** The number of the rollout, once all its objects are written. */
  readonly revision: number | undefined
  readonly now: Date
}

/** Computes the status. The same observation gives the same status whatever the time, so that it is written once. */
export function statusOf(input: StatusInput): ChatAppStatus {
  const { observed, former, failure, held } = input
  const verdicts = observed === undefined ? [] : verdictsOf(observed)
  const summary = summaryOf({ observed, verdicts, failure, held })
  const isReady = summary.some(({ type, status }) => type === 'Ready' && status === 'True')
  const conditions = [...summary, ...verdicts].map((verdict) => conditionOf(verdict, input))
  return defined({
    observedGeneration: input.generation,
    conditions: observed === undefined ? withFormer(conditions, former) : conditions,
    version: (isReady ? observed?.model.version : observed?.release?.runs) ?? former?.version,
    targetVersion: observed?.model.version ?? former?.targetVersion,
    schemaVersion: observed?.schemaVersion ?? former?.schemaVersion,
    revision: input.revision ?? former?.revision,
    ...(observed === undefined ? formerServices(former) : servicesOf(observed)),
    urls: observed === undefined ? former?.urls : urlsOf(observed.model),
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

function conditionOf({ type, status, reason, message }: Verdict, { former, generation, now }: StatusInput): Condition {
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

function servicesOf(observed: Observed): { api: ServiceStatus; websocket: ServiceStatus } {
  return { api: serviceOf('api', observed), websocket: serviceOf('websocket', observed) }
}

function serviceOf(component: Component, { model, services }: Observed): ServiceStatus {
  const { ready, desired } = services[component].rollout
  return { ready, desired, summary: `${ready}/${desired}`, selector: model.services[component].selectorString }
}

function formerServices(former: ChatAppStatus | undefined): Pick<ChatAppStatus, 'api' | 'websocket'> {
  return { api: former?.api, websocket: former?.websocket }
}

function urlsOf({ urls }: Model): NonNullable<ChatAppStatus['urls']> {
  return { api: urls.api, websocket: urls.websocket }
}

function defined(status: { [K in keyof ChatAppStatus]: ChatAppStatus[K] | undefined }): ChatAppStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined))
}

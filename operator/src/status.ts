import { canonical, type Model } from '@chat-app/chat'
import type { ChatAppStatus, Condition, ServiceStatus } from '@chat-app/crds'
import { COMPONENTS, type Observed, type Verdict } from './conditions/observed.ts'
import { verdictsOf } from './conditions/index.ts'
import { summaryOf } from './conditions/summary.ts'
import type { Failure } from './errors.ts'
import { time } from './kube/time.ts'
import { schemaVersionOf } from './migration.ts'
import { rolloutOf } from './rollout.ts'

const MAX_MESSAGE_CHARACTERS = 2000

export interface StatusInput {
  readonly generation: number
  readonly former: ChatAppStatus | undefined
  readonly observed: Observed | undefined
  readonly failure: Failure | undefined
  readonly held: readonly string[]
  readonly revision: number | undefined
  readonly now: Date
}

/** The status that follows from what was observed. Pure; equal observations give an equal status, so nothing is written twice. */
export function statusOf(input: StatusInput): ChatAppStatus {
  const { observed, former, failure, held } = input
  const verdicts = observed === undefined ? [] : verdictsOf(observed)
  const summary = summaryOf({ observed, verdicts, failure, held })
  const isReady = summary.some(({ type, status }) => type === 'Ready' && status === 'True')
  const conditions = [...summary, ...verdicts].map((verdict) => conditionOf(verdict, input))
  return defined({
    observedGeneration: input.generation,
    conditions: observed === undefined ? withFormer(conditions, former) : conditions,
    version: isReady ? observed?.model.version : former?.version,
    targetVersion: observed?.model.version ?? former?.targetVersion,
    schemaVersion: (observed === undefined ? undefined : schemaVersionOf(observed.pods)) ?? former?.schemaVersion,
    revision: input.revision ?? former?.revision,
    ...(observed === undefined ? servicesOf(former) : services(observed)),
    urls: observed === undefined ? former?.urls : urlsOf(observed.model),
  })
}

/** Whether two statuses say the same. */
export function sameStatus(a: ChatAppStatus | undefined, b: ChatAppStatus): boolean {
  return canonical(a ?? {}) === canonical(b)
}

/** The status that the summary condition `Ready` has, with its reason, for events and metrics. */
export function readyOf(status: ChatAppStatus | undefined): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

function conditionOf({ type, status, reason, message }: Verdict, { former, generation, now }: StatusInput): Condition {
  const before = former?.conditions?.find((condition) => condition.type === type)
  // The moment belongs to the status: a reason or a message may change without it.
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : time(now)
  const text = message.length > MAX_MESSAGE_CHARACTERS ? `${message.slice(0, MAX_MESSAGE_CHARACTERS)}...` : message
  return { type, status, reason, message: text, lastTransitionTime, observedGeneration: generation }
}

/** Where nothing could be observed, what was known of the dependencies and stages before stays. */
function withFormer(conditions: readonly Condition[], former: ChatAppStatus | undefined): Condition[] {
  const types = new Set(conditions.map(({ type }) => type))
  return [...conditions, ...(former?.conditions ?? []).filter(({ type }) => !types.has(type))]
}

function services({ model, deployments }: Observed): { api: ServiceStatus; websocket: ServiceStatus } {
  const [api, websocket] = COMPONENTS.map((component): ServiceStatus => {
    const service = model.services[component]
    const { ready, desired } = rolloutOf(service, deployments[component])
    return { ready, desired, summary: `${ready}/${desired}`, selector: service.selectorString }
  })
  return { api: api!, websocket: websocket! }
}

function servicesOf(former: ChatAppStatus | undefined): Pick<ChatAppStatus, 'api' | 'websocket'> {
  return { api: former?.api, websocket: former?.websocket }
}

function urlsOf({ urls }: Model): NonNullable<ChatAppStatus['urls']> {
  return { api: urls.api, websocket: urls.websocket }
}

function defined(status: { [K in keyof ChatAppStatus]: ChatAppStatus[K] | undefined }): ChatAppStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined))
}

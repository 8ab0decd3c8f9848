import { byService, canonical, type ByService, type Component, type Model } from '@chat-app/chat'
import { conditionOf } from '../observe/object-conditions.ts'
import { componentOf, containersOf, isReady, isTerminating, lostAtMs, namesOf } from '../observe/pods.ts'
import { clock } from '../runtime/time.ts'
import type { KubeObject } from '../runtime/types.ts'
import { isComplete, type Live } from './release/judge.ts'
import { isUnproven } from './release/proof.ts'
import type { ReleaseRecord } from './release/record.ts'
import type { Selection } from './release/select.ts'

/** Reasons for which the container of a starting pod waits. */
const STARTING_REASONS = new Set(['', 'ContainerCreating', 'PodInitializing'])

/** Which release a service gets now, and what the wanted one waits for. */
export interface Stage {
  /** Undefined where the release of the live Deployment is not stored: its live template stays. */
  readonly record: ReleaseRecord | undefined
  readonly wait: string | undefined
}

export interface StageInput {
  readonly model: Model
  readonly selection: Selection
  readonly live: Live
  /** See `drainingMs`. */
  readonly drainingMs: number
}

/**
 * A release reaches one service after the other: its migration ends, the first part of its proof passes, then the API gets it,
 * then the WebSocket service, then the worker; until then each Deployment keeps the template that it has. At creation nothing
 * serves yet, and all start together; a release that goes back goes back at once.
 */
export function stagesOf(input: StageInput): ByService<Stage> {
  return byService(input.model.services, ({ component }) => stageOf(component, input))
}

function stageOf(component: Component, input: StageInput): Stage {
  const { selection, live, model } = input
  const { wanted, running } = selection
  const deployment = live.deployments[component]
  const present = running[component]
  if (deployment !== undefined && present?.name === wanted.name) return { record: wanted, wait: commonWait(input) }
  const isAdded = component === 'worker' && live.deployments.websocket !== undefined
  const wait = commonWait(input) ?? (deployment !== undefined || isAdded ? orderWait(component, input) : undefined)
  if (wait === undefined) return { record: wanted, wait }
  // A Deployment that was deleted is created again as the other one is; at creation there is no other one.
  if (deployment === undefined) return { record: running.api ?? running.websocket ?? wanted, wait }
  return { record: present, wait: model.hibernated ? undefined : wait }
}

function commonWait({ model, selection: { target, wanted, refusal, proof }, live }: StageInput): string | undefined {
  if (model.hibernated) return wanted.learned.migration === undefined ? 'hibernated: no migration runs' : undefined
  if (wanted !== target) return undefined
  if (refusal !== undefined) return refusal.message
  if (wanted.learned.migration !== undefined && !live.hasFaults)
    return isUnproven(wanted) ? (proof.wait ?? 'the services wait for the proof') : undefined
  return live.hasFaults ? 'the services wait for their dependencies' : 'the services wait for the migration'
}

const NAMES = { api: 'the API', websocket: 'the WebSocket service', worker: 'the worker' }
/** The service that gets a release before. */
const FORMER: Readonly<Partial<Record<Component, Component>>> = { websocket: 'api', worker: 'websocket' }

function orderWait(component: Component, { selection, live, drainingMs: drainMs }: StageInput): string | undefined {
  const { wanted, target, running, proof } = selection
  const former = FORMER[component]
  const isOrdered = wanted === target && wanted.learned.good?.number !== wanted.number
  if (isOrdered && former !== undefined && !isComplete(former, live, wanted))
    return `${NAMES[component]} waits for ${NAMES[former]}`
  if (component !== 'websocket') return undefined
  if (isOrdered && proof.isStarting === true) return `${NAMES.websocket} waits for the users of the proof`
  const before = running.websocket?.release.templates.websocket
  if (canonical(before) === canonical(wanted.release.templates.websocket)) return undefined
  if (drainMs > 0) return `the next WebSocket rollout waits for the pods that still drain${drainsOf(live.pods)}`
  return isRollingOut(live) ? 'the next WebSocket rollout waits for the present one' : undefined
}

/** The pods that drain, and the end of the longest grace period, as the cluster states it. */
function drainsOf(all: readonly KubeObject[]): string {
  const pods = all.filter((pod) => componentOf(pod) === 'websocket' && isTerminating(pod))
  const ends = pods.map(({ metadata }) => Date.parse(metadata.deletionTimestamp ?? ''))
  return `: ${namesOf(pods)}, at most until ${clock(Math.max(...ends))}`
}

/** The longest time for which WebSocket pods may still drain, in milliseconds: 0 when none does. */
export function drainingMs(pods: readonly KubeObject[], now: Date): number {
  const ends = pods
    .filter((pod) => componentOf(pod) === 'websocket')
    .filter(isTerminating)
    // The deletionTimestamp is the end of the grace period, not its start.
    .map(lostAtMs)
  return Math.max(0, ...ends.map((end) => end - now.getTime()))
}

/**
 * Whether ready pods of two templates run, so that those of the older one have yet to drain. A rollout that makes no
 * progress does not count, since only the next one can repair it.
 */
function isRollingOut({ deployments: { websocket }, pods: all }: Live): boolean {
  if (conditionOf(websocket, 'Progressing')?.reason === 'ProgressDeadlineExceeded') return false
  const pods = all.filter((pod) => componentOf(pod) === 'websocket' && !isTerminating(pod))
  if (pods.some(isBroken)) return false
  return new Set(pods.filter(isReady).map(({ metadata }) => metadata.labels?.['pod-template-hash'])).size > 1
}

/** Whether a pod that is not ready has a problem: it has restarted, or does not wait for its containers' creation. */
function isBroken(pod: KubeObject): boolean {
  if (isReady(pod)) return false
  return containersOf(pod).some(
    ({ restartCount = 0, state }) => restartCount > 0 || !STARTING_REASONS.has(state?.waiting?.reason ?? ''),
  )
}

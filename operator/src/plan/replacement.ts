import type { Component } from '@chat-app/chat'
import { NODE_PATIENCE_MS, QUOTA_RETRY_MS, SOAK_MS } from '../limits.ts'
import { conditionOf } from '../observe/object-conditions.ts'
import { isReady } from '../observe/pods.ts'
import { exceedsQuota } from '../observe/refused.ts'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { isOfOther, livingPods, type Live } from './release/judge.ts'
import type { ReleaseRecord } from './release/record.ts'

/**
 * Annotation of a Deployment with the release whose pods replace others one by one, since a quota does not hold all at once.
 * Its controller copies it to the ReplicaSet, so another value makes that try again at once: by itself it would wait twice as
 * long with each refused pod, at last a quarter of an hour.
 */
export const PACED = 'chat-app.com/paced'

/** How the pods of a Deployment replace those of the former release now. */
export interface Replacement {
  /** Overrides the minReadySeconds of the Deployment: no new pod is available yet, so no former one leaves. */
  readonly minReadySeconds: number | undefined
  /** Value of the annotation where a former pod leaves before a new one is there. */
  readonly paced: string | undefined
  /** Time after which to look again; 0 when a change of a pod shows it. */
  readonly waitMs: number
}

const AS_RENDERED: Replacement = { minReadySeconds: undefined, paced: undefined, waitMs: 0 }
/** The Deployment must allow a rollout more time than a pod needs to be available. */
const BEFORE_DEADLINE_SECONDS = 10

/**
 * The former WebSocket pods leave together, once all new ones have been ready for the soak: if they left one by one, a client
 * could move to another one that leaves next. Until then `minReadySeconds` keeps new pods from being available; they serve all
 * the same. Without the operator it ends by itself before the deadline of the rollout, and nothing after it depends on the operator.
 *
 * @param record the release that the service gets
 */
export function replacementOf(
  component: Component,
  record: ReleaseRecord | undefined,
  live: Live,
  now: Date,
): Replacement {
  const deployment = live.deployments[component]
  if (record === undefined || deployment === undefined) return AS_RENDERED
  const desired = at<number>(deployment, 'spec', 'replicas') ?? 0
  const pods = livingPods(component, live)
  const isFormer = (pod: KubeObject): boolean => isOfOther(pod, component, record)
  const [fresh, former] = [pods.filter((pod) => !isFormer(pod)), pods.filter(isFormer)]
  if (!former.some(isReady) || desired === 0) return AS_RENDERED
  const pace = desired > 1 ? paceOf(deployment, record, now) : undefined
  if (pace !== undefined) return pace
  if (component !== 'websocket') return AS_RENDERED
  // Where no node has room, former pods have to leave for new ones.
  const nodeMs = fresh.flatMap((pod) => unscheduledAtMs(pod) ?? []).map((ms) => ms + NODE_PATIENCE_MS - now.getTime())
  if (nodeMs.some((ms) => ms <= 0)) return AS_RENDERED
  const ready = fresh.filter(isReady)
  const soakMs = Math.max(0, ...ready.map((pod) => readyAtMs(pod) + SOAK_MS - now.getTime()))
  if (ready.length >= desired && soakMs === 0) return AS_RENDERED
  const minReadySeconds = live.model.spec.rollout.progressDeadlineSeconds - BEFORE_DEADLINE_SECONDS
  return {
    ...AS_RENDERED,
    minReadySeconds,
    waitMs: ready.length >= desired ? soakMs : nodeMs.length > 0 ? Math.min(...nodeMs) : 0,
  }
}

/** A quota that refused a pod of the release would refuse the next one too, so that the pace stays until the rollout is over. */
function paceOf(deployment: KubeObject, { name }: ReleaseRecord, now: Date): Replacement | undefined {
  const present = deployment.metadata.annotations?.[PACED]
  if (exceedsQuota(deployment)) {
    const tries = Math.floor(now.getTime() / QUOTA_RETRY_MS)
    return { ...AS_RENDERED, paced: `${name}/${tries}`, waitMs: (tries + 1) * QUOTA_RETRY_MS - now.getTime() }
  }
  return present?.startsWith(`${name}/`) === true ? { ...AS_RENDERED, paced: present } : undefined
}

/** Since when no node has room for a pod. */
function unscheduledAtMs(pod: KubeObject): number | undefined {
  const scheduled = conditionOf(pod, 'PodScheduled')
  return scheduled?.status === 'False' ? Date.parse(scheduled.lastTransitionTime ?? '') || 0 : undefined
}

function readyAtMs(pod: KubeObject): number {
  return Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? '') || 0
}

import { CHAT_COMPONENTS, COMPONENTS, type ProofPart } from '@chat-app/chat'
import {
  MAX_PROOF_DELAY_MS,
  MAX_PROOF_JOBS,
  MAX_PROOF_MESSAGE_CHARACTERS,
  PROOF_PATIENCE_MS,
  PROOF_RETRY_MS,
} from '../../limits.ts'
import type { Blocker } from '../../observe/blockers.ts'
import { conditionOf } from '../../observe/object-conditions.ts'
import { isReady, isTerminating, lostAtMs } from '../../observe/pods.ts'
import { exceedsQuota } from '../../observe/refused.ts'
import { proofState, skipped, type ProofResult, type ProofState, type SeenProof } from '../../observe/proof.ts'
import { shorten } from '../../observe/text.ts'
import { at } from '../../runtime/json.ts'
import { since, time } from '../../runtime/time.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { blamed } from './blame.ts'
import { isExcused, isGood, livingPods, othersOf, SUFFERING, type Live } from './judge.ts'
import type { Learned, Proof, ReleaseRecord } from './record.ts'

export interface ProofInput {
  readonly live: Live
  /** The last release that was good. */
  readonly former?: ReleaseRecord | undefined
  /** Why the former release cannot run on the schema any more. */
  readonly unfit?: string | undefined
  readonly seeProof: SeeProof
  readonly now: Date
}

/** What is to be seen of a part of the proof of a release. @param run names a run: another one has another Job */
export type SeeProof = (record: ReleaseRecord, part: ProofPart, run: string) => SeenProof

/** What follows for the proof of a release. */
export interface ProofStep {
  readonly proof?: Proof
  /** The Job that should exist. */
  readonly job?: KubeObject
  /** What the rollout waits for. */
  readonly wait?: string
  /** Whether the users of the second part do not chat yet: they begin on the former WebSocket pods. */
  readonly isStarting?: boolean
  /** Why the rollout waits although nothing is in progress (`budget.onSkipped: Hold`). */
  readonly hold?: string
  /** Why the release has failed. */
  readonly fault?: Blocker
  /** Time after which to look again, in milliseconds; 0 for none. */
  readonly waitMs: number
}

/** Whether a rollout is proven, or goes on without a proof. */
export function isProven({ proof, failed }: Learned): boolean {
  if (proof === undefined) return true
  const last = proof.before?.verdict === 'Passed' ? proof.during : proof.before
  // A release that had failed for another reason, could not go back, and runs after all has no proof any more.
  return last === undefined ? failed !== undefined : last.verdict !== 'Failed'
}

/** Whether no pod may be of the release yet. */
export function isUnproven({ learned: { proof } }: ReleaseRecord): boolean {
  return proof !== undefined && (proof.before === undefined || proof.before.verdict === 'Failed')
}

/** The next step of the proof of a release that is not good yet. Its Job is named by all that makes this run another one. */
export function proofStep(target: ReleaseRecord, isMigrated: boolean, input: ProofInput): ProofStep {
  const proof = target.learned.proof ?? { since: time(input.now) }
  const part = partOf(proof)
  if (part === undefined) return { proof, waitMs: 0 }
  const { rollout } = input.live.model.spec
  const concluded = (result: ProofResult) => next(target, { ...proof, [part]: result }, input)
  if (rollout.proof === 'Disabled') return concluded({ verdict: 'Disabled', message: 'spec.rollout.proof is Disabled' })
  if (!isMigrated) return { proof, waitMs: 0 }
  if (input.unfit !== undefined && part === 'before') return concluded(skipped(input.unfit).result)
  const restMs = Date.parse(proof.again?.at ?? '') - input.now.getTime()
  if (restMs > 0 && restMs <= MAX_PROOF_DELAY_MS)
    return {
      proof,
      wait: waitWords(part, `it is repeated: ${proof.again?.because}`),
      isStarting: part === 'during',
      waitMs: restMs,
    }
  const attempt = proof.attempt ?? 0
  const seen = input.seeProof(target, part, `${target.number} ${proof.since} ${attempt}`)
  const state = stateOf(seen, part, target, input)
  const again = againMs(seen, part, proof, state, target, input)
  const isInconclusive = again !== undefined && state.failedAtMs !== undefined
  const isLast = isInconclusive && attempt + 1 >= MAX_PROOF_JOBS
  // Stored at once: what excuses it now may be over when it begins again.
  if (isInconclusive && !isLast) {
    const because = shorten(state.words ?? '', MAX_PROOF_MESSAGE_CHARACTERS)
    const at = new Date(input.now.getTime() + again).toISOString()
    return next(target, { ...proof, attempt: attempt + 1, again: { at, because } }, input)
  }
  if (again === 0 && !isLast) return next(target, { ...proof, attempt: attempt + 1 }, input)
  const words = `it was inconclusive ${MAX_PROOF_JOBS} times: ${state.words ?? ''}`
  const result = isLast ? skipped(words).result : state.result
  const isHeld = result?.verdict === 'Skipped' && rollout.budget.onSkipped === 'Hold'
  if (result !== undefined && (again === undefined || isLast) && !isHeld) return concluded(result)
  const wait = waitOf(seen, part, state)
  const job = state.isIdle === true || hasEnded(seen, part, target, input) ? {} : { job: seen.job }
  const hold = isHeld ? { hold: `${wait}; spec.rollout.budget.onSkipped is Hold` } : {}
  const waitMs = again ?? state.waitMs ?? (part === 'during' ? lostMs(target, input) : 0)
  const isStarting = part === 'during' && !isHeld && !seen.pods.some(isReady)
  return { proof, ...job, wait, isStarting, ...hold, waitMs }
}

function partOf({ before, during }: Proof): ProofPart | undefined {
  if (before === undefined) return 'before'
  return before.verdict === 'Passed' && during === undefined ? 'during' : undefined
}

/** The step after a result or a new run; a failure ends the proof. */
function next(target: ReleaseRecord, proof: Proof, input: ProofInput): ProofStep {
  const failed = [proof.before, proof.during].find((result) => result?.verdict === 'Failed')
  if (failed === undefined) return proofStep({ ...target, learned: { ...target.learned, proof } }, true, input)
  const reason = failed.reason ?? 'MessagesLost'
  return { proof, fault: { reason, message: `${reason}: ${failed.message}` }, waitMs: 0 }
}

function stateOf(seen: SeenProof, part: ProofPart, target: ReleaseRecord, input: ProofInput): ProofState {
  const { live, now, former } = input
  // What has begun is judged by its result.
  const hasBegun = seen.live !== undefined || seen.end !== undefined || seen.pods.length > 0
  const idle = hasBegun ? undefined : idleState(part, live, now.getTime())
  if (idle !== undefined) return { ...idle, isIdle: true }
  const state = proofState(seen, part, now.getTime())
  const starved = part === 'during' && state.result === undefined ? starvedOf(seen, live) : undefined
  if (starved !== undefined) return skipped(`its pod takes the room that a quota leaves for a pod of ${starved}`)
  const { result } = state
  if (result?.verdict !== 'Failed') return state
  if (result.reason === 'PodCrashing') return isExcused(live, target) ? { words: SUFFERING } : state
  return part === 'during' ? blamed(result, seen, target, former, live, now) : state
}

/** A service of one pod, which has to wait for room while the pod of the proof runs. */
function starvedOf({ pods }: SeenProof, { deployments }: Live): string | undefined {
  const starved = Object.values(deployments).find(
    (deployment) => Number(at(deployment, 'spec', 'replicas')) === 1 && exceedsQuota(deployment),
  )
  return pods.length === 0 ? undefined : starved?.metadata.name
}

/** Nobody can chat without a pod of each service. */
function idleState(part: ProofPart, live: Live, nowMs: number): ProofState | undefined {
  for (const component of CHAT_COMPONENTS) {
    const { replicas, autoscaled, name } = live.model.services[component]
    if (replicas === 0 && !autoscaled) return skipped(`no pods of ${name} are wanted`)
    if (part === 'during') continue
    // Pods of a service whose template is the same are of both releases.
    const running = livingPods(component, live)
    if (running.some(isReady)) continue
    if (running.length === 0) return skipped(`no pod of ${name} runs`)
    const atMs = running.map((pod) => Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? '') || 0)
    const waitMs = Math.max(...atMs) + PROOF_PATIENCE_MS - nowMs
    const words = `no pod of ${name} is ready`
    return waitMs > 0 ? { words, waitMs } : skipped(words)
  }
  return undefined
}

/** When the proof begins again, in milliseconds from now: where it was inconclusive to the end, or ended too early. */
function againMs(
  { live: job, pods }: SeenProof,
  part: ProofPart,
  { attempt = 0 }: Proof,
  { result, failedAtMs }: ProofState,
  target: ReleaseRecord,
  { live, now }: ProofInput,
): number | undefined {
  // Its pod was evicted, or has left a node that is lost.
  if (part === 'during' && result?.verdict === 'Passed') return isOver(live, target, now) ? undefined : 0
  if (result !== undefined) return undefined
  const isLeaving = job === undefined && pods.length > 0 && pods.every(isTerminating)
  if (isLeaving) return Math.max(0, ...pods.map((pod) => lostAtMs(pod) - now.getTime()))
  if (failedAtMs === undefined) return undefined
  return Math.max(0, failedAtMs + PROOF_RETRY_MS * 2 ** attempt - now.getTime())
}

/**
 * Whether the Job must not exist any more: a pod outlives its Job, and leaves its result. The second part ends by the
 * deletion of its Job, once the last former pod has left and it has sent enough.
 */
function hasEnded(
  { live: job, pods }: SeenProof,
  part: ProofPart,
  target: ReleaseRecord,
  { live, now }: ProofInput,
): boolean {
  if (job === undefined) return pods.length > 0
  return part === 'during' && isOver(live, target, now) && pods.some(isReady)
}

/** When the next former pod that is leaving counts as lost, in milliseconds from now; 0 without one. */
function lostMs(target: ReleaseRecord, { live, now }: ProofInput): number {
  const former = COMPONENTS.flatMap((component) => othersOf(component, live, target))
  const coming = former.map((pod) => lostAtMs(pod) - now.getTime()).filter((ms) => ms > 0)
  return coming.length === 0 ? 0 : Math.min(...coming)
}

/** Whether all pods are of the release, and none of another one still drains. One on a node that is lost does not count. */
function isOver(live: Live, target: ReleaseRecord, now: Date): boolean {
  const isThere = (pod: KubeObject) => !(lostAtMs(pod) < now.getTime())
  return isGood(live, target) && !COMPONENTS.some((component) => othersOf(component, live, target).some(isThere))
}

function waitOf({ job, live }: SeenProof, part: ProofPart, { words, result }: ProofState): string {
  const startedAt = at<string>(live, 'status', 'startTime') ?? live?.metadata.creationTimestamp
  const what = live === undefined ? '' : `: Job ${job.metadata.name}${since(startedAt)}`
  return waitWords(part, words ?? result?.message, what)
}

function waitWords(part: ProofPart, why: string | undefined, what = ''): string {
  const who = part === 'before' ? 'the services wait' : 'the release waits'
  return `${who} for the proof${what}${why === undefined ? '' : `: ${why}`}`
}

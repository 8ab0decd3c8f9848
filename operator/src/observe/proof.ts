import type { ProofPart } from '@chat-app/chat'
import {
  MAX_PROOF_MESSAGE_CHARACTERS,
  MAX_PROOF_PROCESSES,
  MAX_PROOF_USERS,
  MAX_RELEASE_CRASHES,
  PROOF_PATIENCE_MS,
} from '../limits.ts'
import { at, fieldsOf, isRecord, jsonOf } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { endWords, podBlocker } from './blockers.ts'
import type { ProofEnd } from './ended-jobs.ts'
import { isComplete } from './migration.ts'
import { conditionOf } from './object-conditions.ts'
import { containersOf, endsOf, isReady, phaseOf } from './pods.ts'
import { lastWords, shorten } from './text.ts'

/** What one part of a proof has come to. `Disabled` and `Skipped` show nothing, and do not hold a rollout. */
export interface ProofResult {
  readonly verdict: 'Passed' | 'Failed' | 'Skipped' | 'Disabled'
  readonly message: string
  /** Why it has failed, as a reason of a condition. @default MessagesLost */
  readonly reason?: string
  /** What was counted, as the termination message names it; absent where nothing was. */
  readonly counts?: ProofCounts
  /** Names of the pods that took part in what has failed, which may be of another release; absent where they are not known. */
  readonly processes?: readonly string[]
}

/** Numbers of messages, of which several parts have the sum. */
export const COUNTS = ['sent', 'acknowledged', 'lost', 'duplicated', 'reordered'] as const

/** The fields of an object that has a value for each name. */
export function eachOf<K extends string, V>(names: readonly K[], valueOf: (name: K) => V): Record<K, V> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries does not know the names
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<K, V>
}

export interface ProofCounts extends Readonly<Record<(typeof COUNTS)[number], number>> {
  readonly longestGapMs: number
  /** Of each user. */
  readonly reconnects: readonly number[]
}

/** A part of a proof in the cluster. */
export interface SeenProof {
  /** The Job that should run it. */
  readonly job: KubeObject
  readonly live: KubeObject | undefined
  /** The pods of the Job, also of one that is gone; the newest first. */
  readonly pods: readonly KubeObject[]
  /** How the newest pod that has ended did. */
  readonly end: ProofEnd | undefined
  /** Why the Job or its pod is refused. */
  readonly refusal: string | undefined
}

/** A result, or else what there is to say, and the times after which to look again. */
export interface ProofState {
  readonly result?: ProofResult
  readonly words?: string
  /** Since when the Job has no more tries, milliseconds since 1970. */
  readonly failedAtMs?: number
  readonly waitMs?: number
  /** Whether it cannot begin. */
  readonly isIdle?: boolean
}

export function proofState(seen: SeenProof, part: ProofPart, nowMs: number): ProofState {
  const { live, pods, end, refusal } = seen
  const result = end && resultOf(end)
  if (result !== undefined) return { result }
  const [crash] = pods.flatMap((pod) => crashOf(pod) ?? [])
  if (crash !== undefined) return { result: { verdict: 'Failed', reason: 'PodCrashing', message: crash } }
  if (refusal !== undefined) return skipped(`its pod is refused: ${refusal}`)
  const failed = conditionOf(live, 'Failed')
  if (failed?.status === 'True' || isComplete(live)) return endedState(seen, failed?.lastTransitionTime)
  return { ...stuckState(pods[0], part, nowMs), ...(end && { words: `it is repeated: ${wordsOf(end)}` }) }
}

export function skipped(message: string): { readonly result: ProofResult } {
  return { result: { verdict: 'Skipped', message: shorten(message, MAX_PROOF_MESSAGE_CHARACTERS) } }
}

const CANNOT_PROVE = 'the image of the release cannot prove it'

/** What a termination message says; undefined for a try that says nothing about the release. */
function resultOf({ exitCode, message }: ProofEnd): ProofResult | undefined {
  const said = jsonOf(message)
  if (exitCode === 0 || exitCode === 65) {
    const verdict = exitCode === 65 ? 'Failed' : 'Passed'
    if (at(said, 'verdict') === verdict) return proofResultIn(said)
    if (exitCode === 0) return skipped('its pod has left no result').result
    return { verdict, message: wordsOf({ exitCode, message }) }
  }
  if (exitCode === 2) return at(said, 'verdict') === 'Skipped' ? proofResultIn(said) : skipped(CANNOT_PROVE).result
  return exitCode === 78 ? skipped(wordsOf({ exitCode, message })).result : undefined
}

/** A result as it is written or stored; undefined for anything else. Anybody may write the annotation that stores it. */
export function proofResultIn(value: unknown): ProofResult | undefined {
  const { verdict, message, reason, processes, counts = value } = fieldsOf(value)
  if (verdict !== 'Passed' && verdict !== 'Failed' && verdict !== 'Skipped' && verdict !== 'Disabled') return undefined
  const said = typeof message === 'string' ? shorten(message, MAX_PROOF_MESSAGE_CHARACTERS) : ''
  const counted = countsIn(counts)
  return {
    verdict,
    message: said,
    ...(typeof reason === 'string' && { reason }),
    ...(counted && { counts: counted }),
    ...(Array.isArray(processes) && {
      processes: processes.filter((name) => typeof name === 'string').slice(0, MAX_PROOF_PROCESSES),
    }),
  }
}

function countsIn(value: unknown): ProofCounts | undefined {
  if (!isRecord(value) || !isCount(value['sent'])) return undefined
  const count = (name: string): number => (isCount(value[name]) ? value[name] : 0)
  const { reconnects } = value
  return {
    ...eachOf([...COUNTS, 'longestGapMs'], count),
    reconnects: Array.isArray(reconnects) ? reconnects.filter(isCount).slice(0, MAX_PROOF_USERS) : [],
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function wordsOf({ exitCode, message }: ProofEnd): string {
  const said = at<unknown>(jsonOf(message), 'message')
  if (typeof said === 'string') return shorten(said)
  return `its pod ended with code ${exitCode}${message === '' ? '' : `: ${lastWords(message)}`}`
}

/** A process of the release that ends again and again; the proof itself is tried again by its Job. */
function crashOf(pod: KubeObject): string | undefined {
  const crashed = containersOf(pod).find(({ name, ...each }) => name !== 'prove' && endsOf(each) >= MAX_RELEASE_CRASHES)
  return crashed && endWords(pod, crashed)
}

/** Of a Job that has ended without a result. */
function endedState({ pods, end }: SeenProof, failedAt = ''): ProofState {
  // The last words may come after the end of the Job.
  if (pods.some((pod) => !['Succeeded', 'Failed'].includes(phaseOf(pod)))) return {}
  if (end === undefined) return skipped('its pod has left no result')
  return end.exitCode === 75 ? { failedAtMs: Date.parse(failedAt) || 0, words: wordsOf(end) } : skipped(wordsOf(end))
}

/** Of a pod that no node starts. */
function stuckState(pod: KubeObject | undefined, part: ProofPart, nowMs: number): ProofState {
  if (pod === undefined) return {}
  const blocker = podBlocker({ pods: [pod], health: [] }, 'prove')
  const isReported = at(pod, 'status', 'containerStatuses') !== undefined
  if (isReady(pod) && part === 'before' && at(pod, 'status', 'initContainerStatuses') === undefined)
    return skipped(`no node reports the containers of pod ${pod.metadata.name}`)
  if (isReported && (blocker === undefined || blocker.reason === 'PodCrashing')) return {}
  const message = blocker?.message ?? `no node has started pod ${pod.metadata.name}`
  const waitMs = Date.parse(pod.metadata.creationTimestamp ?? '') + PROOF_PATIENCE_MS - nowMs
  return waitMs > 0 ? { words: message, waitMs } : skipped(message)
}

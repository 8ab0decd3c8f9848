import { CHAT_COMPONENTS } from '@chat-app/chat'
import { LOST_NODE_MS } from '../../limits.ts'
import { isReady, namesOf } from '../../observe/pods.ts'
import type { ProofResult, ProofState, SeenProof } from '../../observe/proof.ts'
import { isExcused, isOfOther, livingPods, SUFFERING, type Live } from './judge.ts'
import { inputsOf, type ReleaseRecord } from './record.ts'

/**
 * Whether what the clients of the public Services have suffered is the fault of the release: only its own pods took part, and
 * they are still there and ready a minute after a gap, by which time a lost node would show. Otherwise the proof is repeated.
 */
export function blamed(
  result: ProofResult,
  { live: job, end }: SeenProof,
  target: ReleaseRecord,
  former: ReleaseRecord | undefined,
  live: Live,
  now: Date,
): ProofState {
  const failedAtMs = Date.parse(end?.endedAt ?? '') || 0
  // A Job that was deleted at the end of the rollout is not made again while its result is considered.
  const isIdle = job === undefined
  const repeated = (why: string): ProofState => ({ words: `${result.message}; ${why}`, failedAtMs, isIdle })
  if (isExcused(live, target)) return repeated(SUFFERING)
  // Pods of a service whose template is the same are of both releases.
  const changed = CHAT_COMPONENTS.filter(
    (component) => former === undefined || inputsOf(former, component) !== inputsOf(target, component),
  )
  const own = changed.flatMap((component) =>
    livingPods(component, live).filter((pod) => !isOfOther(pod, component, target)),
  )
  const { processes = [], counts } = result
  const other = processes.find((name) => !own.some(({ metadata }) => metadata.name === name))
  if (other !== undefined) return repeated(`${other} took part, which is no running pod that this release has started`)
  const { lost } = live.model.spec.rollout.budget
  const isGap = counts !== undefined && counts.lost <= lost && counts.duplicated + counts.reordered === 0
  if (!isGap) return { result }
  const suspects = processes.length === 0 ? own : own.filter(({ metadata }) => processes.includes(metadata.name))
  const unready = suspects.filter((pod) => !isReady(pod))
  if (unready.length > 0) return repeated(`${namesOf(unready)} may be on a lost node`)
  const waitMs = failedAtMs + LOST_NODE_MS - now.getTime()
  if (waitMs <= 0) return { result }
  return { words: `${result.message}; a lost node would show within a minute`, waitMs, isIdle }
}

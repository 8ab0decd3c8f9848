import type { Component } from '@chat-app/chat'
import { wordsOf, type Refusal, type Refusals } from '../cache/refusals.ts'
import type { ChatAppStatus } from '@chat-app/crds'
import { controllerOf, type KubeObject } from '../runtime/types.ts'
import { conditionOf } from './object-conditions.ts'
import { shorten } from './text.ts'

type RefusalsByName = Readonly<Record<string, Refusal>>

interface Children {
  readonly job: KubeObject | undefined
  readonly deployments: Readonly<Partial<Record<Component, KubeObject>>>
}

/** The last refusals of the pods of children. That of the Job is in the former status once its Event has expired. */
export function refusalsOf(
  { job, deployments }: Children,
  refusals: Refusals,
  former: ChatAppStatus | undefined,
): RefusalsByName {
  const found: Record<string, Refusal> = {}
  for (const child of [...Object.values(deployments), ...(job === undefined ? [] : [job])]) {
    const refusal = refusals.of(child) ?? (child === job ? formerRefusal(child, former) : undefined)
    if (refusal !== undefined) found[child.metadata.name] = refusal
  }
  return found
}

function formerRefusal(job: KubeObject, former: ChatAppStatus | undefined): Refusal | undefined {
  const { reason, message = '' } = former?.conditions?.find(({ type }) => type === 'Migrated') ?? {}
  const start = `Job ${job.metadata.name}: `
  if (reason !== 'PodsRefused' || !message.startsWith(start)) return undefined
  return { uid: job.metadata.uid ?? '', words: message.slice(start.length), atMs: 0 }
}

/**
 * Why the pods of a Deployment are refused. Its condition says whether they are; the condition keeps the first cause,
 * so a later one is taken from the Events.
 */
export function deploymentRefusal(deployment: KubeObject, refusals: RefusalsByName): string | undefined {
  const failure = conditionOf(deployment, 'ReplicaFailure')
  if (failure?.status !== 'True') return undefined
  const last = refusals[deployment.metadata.name]
  const isNewer = last !== undefined && last.atMs >= (Date.parse(failure.lastUpdateTime ?? '') || 0)
  return shorten(isNewer ? last.words : wordsOf(failure.message ?? failure.reason ?? 'no message'))
}

/** Whether a quota has no room for one more pod of a Deployment. */
export function exceedsQuota(deployment: KubeObject | undefined): boolean {
  const failure = conditionOf(deployment, 'ReplicaFailure')
  return failure?.status === 'True' && failure.message?.includes('exceeded quota') === true
}

/** Why the pod of a Job is refused: its last refusal, until a pod was created after it. */
export function jobRefusal(job: KubeObject, pods: readonly KubeObject[], refusals: RefusalsByName): string | undefined {
  const last = refusals[job.metadata.name]
  if (last === undefined || last.uid !== job.metadata.uid) return undefined
  const isOver = pods.some(
    (pod) =>
      controllerOf(pod)?.uid === job.metadata.uid && Date.parse(pod.metadata.creationTimestamp ?? '') >= last.atMs,
  )
  return isOver ? undefined : shorten(last.words)
}

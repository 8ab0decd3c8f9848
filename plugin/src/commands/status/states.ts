import { conditionIn } from '@chat-app/chat/object-conditions'
import {
  type Autoscaler,
  type Deployment,
  type DisruptionBudget,
  type HttpRoute,
  type Ingress,
  type Job,
  type KubeObject,
} from '../../cluster/objects.ts'
import { podState } from './pod-state.ts'
import type { Pod } from '../../cluster/objects.ts'
import { ok, type State } from './state.ts'

/** The state of an object, and what it waits for; undefined for a kind that has none. */
export function stateOf(object: KubeObject): State | undefined {
  const of = STATES[object.kind]
  if (of === undefined) return undefined
  const { deletionTimestamp } = object.metadata
  if (deletionTimestamp !== undefined && object.kind !== 'Pod')
    return { is: 'ending', text: 'is being deleted', since: deletionTimestamp }
  return of(object)
}

const STATES: Readonly<Record<string, (object: KubeObject) => State>> = {
  Deployment: (object) => deploymentState(object as Deployment),
  Pod: (object) => podState(object as Pod),
  Job: (object) => jobState(object),
  HorizontalPodAutoscaler: (object) => autoscalerState(object as Autoscaler),
  Ingress: (object) => ingressState(object),
  HTTPRoute: (object) => routeState(object),
  PodDisruptionBudget: (object) => budgetState(object),
}

function deploymentState({ metadata, spec: { replicas = 1 }, status = {} }: Deployment): State {
  const { observedGeneration = 0, updatedReplicas = 0, readyReplicas = 0, conditions } = status
  const refused = conditionIn(conditions, 'ReplicaFailure')
  if (refused?.status === 'True') return withTime('failed', refused.message ?? 'a pod is refused', refused)
  const progress = conditionIn(conditions, 'Progressing')
  if (progress?.status === 'False') return withTime('failed', progress.message ?? 'it makes no progress', progress)
  if (observedGeneration < (metadata.generation ?? 0))
    return { is: 'waiting', text: 'waits for the controller of Deployments' }
  const lastProgress = progress?.lastUpdateTime === undefined ? {} : { since: progress.lastUpdateTime }
  const ready = `${readyReplicas}/${replicas} ready`
  if (updatedReplicas < replicas)
    return { is: 'waiting', text: `${ready}, ${updatedReplicas} of the newest template`, ...lastProgress }
  const old = (status.replicas ?? 0) - updatedReplicas
  if (old > 0) return { is: 'waiting', text: `${ready}, ${old} of a former template still there`, ...lastProgress }
  const available = conditionIn(conditions, 'Available')
  if (readyReplicas < replicas) return withTime('waiting', ready, available?.status === 'False' ? available : undefined)
  return ok(ready)
}

function jobState({ status = {} }: Job): State {
  const failed = conditionIn(status.conditions, 'Failed')
  if (failed?.status === 'True')
    return withTime('failed', `failed: ${failed.reason ?? ''} ${failed.message ?? ''}`, failed)
  if (conditionIn(status.conditions, 'Complete')?.status === 'True') return ok('complete', status.completionTime)
  return { is: 'waiting', text: 'runs', ...(status.startTime !== undefined && { since: status.startTime }) }
}

function autoscalerState({ spec: { minReplicas = 1, maxReplicas }, status = {} }: Autoscaler): State {
  const failing = ['AbleToScale', 'ScalingActive']
    .map((type) => conditionIn(status.conditions, type))
    .find((condition) => condition?.status === 'False')
  if (failing !== undefined) return withTime('waiting', failing.message ?? failing.type, failing)
  return ok(`${status.currentReplicas ?? 0} pods, from ${minReplicas} to ${maxReplicas}`)
}

function ingressState({ metadata: { creationTimestamp }, status }: Ingress): State {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => hostname ?? ip ?? '')
  if (addresses.length > 0) return ok(addresses.join(', '))
  return { is: 'waiting', text: 'no controller has written an address yet', since: creationTimestamp }
}

function routeState({ metadata: { creationTimestamp }, status }: HttpRoute): State {
  const conditions = (status?.parents ?? []).flatMap((parent) => parent.conditions ?? [])
  const failing = conditions.find((condition) => condition.status === 'False')
  if (failing !== undefined) return withTime('waiting', `${failing.type}: ${failing.message ?? ''}`, failing)
  if (conditions.some(({ type, status: value }) => type === 'Accepted' && value === 'True')) return ok('accepted')
  return { is: 'waiting', text: 'no Gateway has accepted it yet', since: creationTimestamp }
}

function budgetState({ status }: DisruptionBudget): State {
  return ok(`${status?.disruptionsAllowed ?? 0} pods may be evicted`)
}

function withTime(
  is: State['is'],
  text: string,
  condition: { readonly lastTransitionTime?: string } | undefined,
): State {
  const { lastTransitionTime: since } = condition ?? {}
  return { is, text: text.trim(), ...(since !== undefined && { since }) }
}

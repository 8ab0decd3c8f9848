import type { KubernetesObject, Model } from '@chat-app/chat'
import { quantityValue } from '@chat-app/crds'
import { templatesOf, type Amounts, type PodSpec } from '../pods.ts'

/** What is needed of each resource of a quota: all the time, and while a rollout replaces the pods. */
export type Demand = Readonly<Record<string, { readonly steady: number; readonly peak: number }>>

/**
 * The demand of a ChatApp. At its peak, the new pods of a Deployment run beside the old ones as far as its `maxSurge` allows,
 * and one Job. The API and the WebSocket service get a release one after the other.
 */
export function demandOf(objects: readonly KubernetesObject[], model: Model): Demand {
  const pods = templatesOf(objects).map(({ workload, spec }) => ({
    ...countOf(workload, model),
    each: amountsOf(spec),
  }))
  const names = new Set(pods.flatMap(({ each }) => Object.keys(each)))
  return Object.fromEntries([...names].map((name) => [name, needOf(name)]))

  function needOf(name: string) {
    const of = (count: number, each: Readonly<Record<string, number>>) => count * (each[name] ?? 0)
    const steady = sum(pods.map(({ count, each }) => of(count, each)))
    const surges = pods.map(({ surge, each }) => of(surge, each))
    const jobs = pods.filter(({ isJob }) => isJob).map(({ each }) => of(1, each))
    return { steady, peak: steady + Math.max(0, ...surges) + Math.max(0, ...jobs) }
  }
}

/** A pod as the API server has it. */
export interface LivePod {
  readonly spec: PodSpec
  readonly status?: { readonly phase?: string }
}

/** What the pods of the ChatApp use of a quota now. */
export function usedBy(pods: readonly LivePod[]): Demand {
  const counted = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
  const amounts = counted.map(({ spec }) => amountsOf(spec))
  const names = new Set(amounts.flatMap((each) => Object.keys(each)))
  const used = (name: string) => sum(amounts.map((each) => each[name] ?? 0))
  return Object.fromEntries([...names].map((name) => [name, { steady: used(name), peak: used(name) }]))
}

interface Workload {
  readonly replicas?: number
  readonly strategy?: { readonly rollingUpdate?: { readonly maxSurge?: number | string } }
}

function countOf({ kind, metadata: { name }, ...object }: KubernetesObject, model: Model) {
  if (kind === 'Job') return { count: 0, surge: 0, isJob: true }
  const { replicas = 0, strategy } = object['spec'] as Workload
  const service = Object.values(model.services).find((each) => each.name === name)
  // An autoscaler may want this many.
  const count = model.hibernated ? 0 : Math.max(replicas, service?.workload.autoscaling?.maxReplicas ?? 0)
  const { maxSurge = 0 } = strategy?.rollingUpdate ?? {}
  const surge = typeof maxSurge === 'number' ? maxSurge : Math.ceil((Number.parseInt(maxSurge, 10) / 100) * count)
  return { count, surge: count === 0 ? 0 : surge, isJob: false }
}

/** What one pod uses of a quota. Init containers run before the others, but sidecars run beside them. */
function amountsOf({ containers, initContainers = [] }: PodSpec): Record<string, number> {
  const running = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')]
  const first = initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always')
  const amounts: Record<string, number> = { pods: 1 }
  for (const kind of ['requests', 'limits'] as const)
    for (const resource of ['cpu', 'memory'] as const) {
      const of = (amount: Amounts | undefined) => quantityValue(amount?.[resource] ?? 0)
      const beside = sum(running.map(({ resources }) => of(resources?.[kind])))
      amounts[`${kind}.${resource}`] = Math.max(beside, ...first.map(({ resources }) => of(resources?.[kind])))
    }
  return amounts
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

import { quantityValue } from '@chat-app/crds'
import { MIGRATION } from '@chat-app/chat/constructs'
import { chatModel } from '../chat-app.ts'
import type { Cluster } from '../../environment/cluster.ts'
import { ownMessaging } from '../../environment/messaging.ts'
import type { Resources } from '../../environment/fields.ts'
import type { Environment } from '../../environment/environment.ts'

/** What the containers of some pods ask for: CPU in thousandths of a core, memory in bytes. */
export interface Demand {
  readonly pods: number
  readonly cpu: number
  readonly memory: number
  readonly memoryLimit: number
}

interface Replicas {
  readonly pods: number
  readonly each: { readonly requests: Amounts; readonly limits: Amounts }
}

interface Amounts {
  readonly cpu: string | number
  readonly memory: string | number
}

export function total(parts: readonly Replicas[]): Demand {
  const sum = (amount: (part: Replicas) => number) => parts.reduce((all, part) => all + part.pods * amount(part), 0)
  return {
    pods: sum(() => 1),
    cpu: sum(({ each }) => millicores(each.requests.cpu)),
    memory: sum(({ each }) => quantityValue(each.requests.memory)),
    memoryLimit: sum(({ each }) => quantityValue(each.limits.memory)),
  }
}

/** Thousandths of a core. */
export function millicores(cpu: string | number): number {
  return Math.round(quantityValue(cpu) * 1000)
}

/**
 * The most that the pods of the ChatApp ask for at once: a rollout at the autoscaler's maximum, while those of the one
 * before it still drain, and its migration.
 */
export function chatDemand(cluster: Cluster): Replicas[] {
  const { spec } = chatModel(cluster)
  return [
    { pods: mostPods(spec.api) * 2 + 1, each: spec.api.resources },
    { pods: mostPods(spec.websocket) * 3, each: spec.websocket.resources },
    ...(spec.worker ? [{ pods: mostPods(spec.worker) * 2 + 1, each: spec.worker.resources }] : []),
    { pods: 1 + MIGRATION.retries, each: MIGRATION.resources },
  ]
}

/** The pods that a service has at the autoscaler's maximum, or always. */
export function mostPods({ autoscaling, replicas }: Scaled): number {
  return autoscaling?.maxReplicas ?? replicas
}

interface Scaled {
  readonly replicas: number
  readonly autoscaling?: { readonly maxReplicas: number } | undefined
}

/** The pods of the other parts, by their namespace. */
export function platformDemand(environment: Environment): Record<string, Replicas[]> {
  const { dataNamespace, storage, monitoring, logs, operator, policies } = environment
  return {
    [dataNamespace]: [...databaseDemand(environment), ...redisDemand(environment), ...messagingDemand(environment)],
    [operator.namespace]: [{ pods: operator.replicas, each: operator.resources }],
    ...(storage && {
      [storage.namespace]: storage.kind === 'tenant' ? [{ pods: storage.servers, each: storage.resources }] : [],
    }),
    ...(monitoring && {
      [monitoring.namespace]: [
        { pods: monitoring.replicas, each: monitoring.resources },
        { pods: monitoring.alertmanager.replicas, each: monitoring.alertmanager.resources },
      ],
    }),
    ...(logs && {
      [logs.namespace]: [
        { pods: logs.elasticsearch.nodes, each: logs.elasticsearch.resources },
        { pods: logs.kibana.replicas, each: logs.kibana.resources },
      ],
      [logs.collector.namespace]: [{ pods: policies.nodes, each: logs.collector.resources }],
    }),
  }
}

function databaseDemand({ database }: Environment): Replicas[] {
  if (database.kind === 'mariadb') return [one(database.resources)]
  if (database.kind === 'external') return []
  const { size, resources, proxy } = database
  return [
    { pods: size, each: resources },
    { pods: proxy.size, each: proxy.resources },
  ]
}

function redisDemand({ redis }: Environment): Replicas[] {
  if (redis.kind === 'external') return []
  if (redis.kind === 'standalone') return [one(redis.resources)]
  if (redis.kind === 'pods') return [{ pods: 6, each: redis.resources }]
  if (redis.kind === 'cluster') return [{ pods: 2 * redis.size, each: redis.resources }]
  return [
    { pods: redis.size, each: redis.resources },
    { pods: redis.sentinels.size, each: redis.sentinels.resources },
  ]
}

function messagingDemand(environment: Environment): Replicas[] {
  const messaging = ownMessaging(environment)
  return messaging === undefined ? [] : [{ pods: messaging.size, each: messaging.resources }]
}

function one(each: Resources): Replicas {
  return { pods: 1, each }
}

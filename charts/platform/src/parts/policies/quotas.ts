import type { Chart } from 'cdk8s'
import { KubeLimitRange, KubeResourceQuota, Quantity } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Cluster } from '../../environment/cluster.ts'
import { amounts } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'
import { closedNamespaces } from './namespaces.ts'
import { chatDemand, platformDemand, total, type Demand } from './demand.ts'
import { QUOTA_SPARE_PODS, QUOTA_PODS_FACTOR } from '../../limits.ts'

/** Defaults for containers without requests and limits: sidecars and Jobs of other operators. */
const CONTAINER_DEFAULTS = {
  requests: { cpu: '50m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '512Mi' },
}

/** The quota of each namespace, by its name. */
export function quotas(cluster: Cluster): Record<string, Demand> {
  const { chatApp, policies } = cluster.environment
  const chat = chatDemand(cluster).map((part) => ({ ...part, pods: part.pods * policies.chatApps }))
  const spare = { pods: QUOTA_SPARE_PODS, each: CONTAINER_DEFAULTS }
  const others = Object.entries(platformDemand(cluster.environment)).map(([namespace, parts]) => [
    namespace,
    total([...parts.map((part) => ({ ...part, pods: part.pods * QUOTA_PODS_FACTOR })), spare]),
  ])
  return { [chatApp.namespace]: total([...chat, spare]), ...Object.fromEntries(others) }
}

/** A quota for each namespace, and defaults for containers without requests, which a quota rejects. */
export function resourceQuotas(chart: Chart, cluster: Cluster): void {
  const closed = closedNamespaces(cluster)
  const own = Object.entries(quotas(cluster)).filter(([namespace]) => closed.includes(namespace))
  for (const [namespace, { pods, cpu, memory, memoryLimit }] of own) {
    const metadata = { name: 'platform', namespace, labels: platformLabels('quota') }
    new KubeResourceQuota(chart, `quota-${namespace}`, {
      metadata,
      spec: {
        hard: {
          pods: Quantity.fromNumber(pods),
          'requests.cpu': Quantity.fromString(`${cpu}m`),
          'requests.memory': Quantity.fromString(mebibytes(memory)),
          'limits.memory': Quantity.fromString(mebibytes(memoryLimit)),
        },
      },
    })
    new KubeLimitRange(chart, `limits-${namespace}`, {
      metadata,
      spec: {
        limits: [
          {
            type: 'Container',
            defaultRequest: amounts(CONTAINER_DEFAULTS.requests),
            default: amounts(CONTAINER_DEFAULTS.limits),
          },
        ],
      },
    })
  }
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)}Mi`
}

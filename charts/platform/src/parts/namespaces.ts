import type { Chart } from 'cdk8s'
import type { Cluster } from '../environment/cluster.ts'
import type { Environment } from '../environment/environment.ts'
import { ownMessaging } from '../environment/messaging.ts'
import { isOperated } from '../environment/redis.ts'
import { namespace as makeNamespace, type PodSecurity } from '../objects/namespace.ts'

/** The Namespaces. Pods that other operators make need `baseline`; the platform's own pods are `restricted`. */
export function namespaces(chart: Chart, { environment }: Cluster): void {
  const { chatApp, operator, dataNamespace, storage, monitoring, logs } = environment
  const namespace = (chart: Chart, name: string, level?: PodSecurity) => {
    if (environment.existingNamespaces?.includes(name) !== true) makeNamespace(chart, name, level)
  }
  namespace(chart, chatApp.namespace)
  namespace(chart, operator.namespace)
  namespace(chart, dataNamespace, hasOperatedPods(environment) ? 'baseline' : 'restricted')
  if (storage !== undefined) namespace(chart, storage.namespace, 'baseline')
  if (monitoring !== undefined) namespace(chart, monitoring.namespace, 'baseline')
  if (logs === undefined) return
  namespace(chart, logs.namespace, 'baseline')
  // Only this level allows hostPath volumes, so the collector has a namespace of its own.
  namespace(chart, logs.collector.namespace, 'privileged')
}

/** Whether other operators make pods in the namespace of the data. */
function hasOperatedPods(environment: Environment): boolean {
  const { database, redis } = environment
  if (database.kind === 'external') return isOperated(redis) || ownMessaging(environment) !== undefined
  return database.kind === 'pxc'
}

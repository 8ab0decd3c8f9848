import type { Chart } from 'cdk8s'
import type { Environment } from '../../../environment/environment.ts'
import { isOperated } from '../../../environment/redis.ts'
import { ownMessaging } from '../../../environment/messaging.ts'
import type { MonitoringValues } from '../../../environment/monitoring.ts'
import { databaseMonitors } from './database.ts'
import { kubeletMonitor, sharedService } from './kubernetes.ts'
import { messagingMonitor } from './messaging.ts'
import { operatorMonitor, prometheusMonitors } from './operator.ts'
import { redisMonitor } from './redis.ts'
import { storageMonitor } from './storage.ts'

/** The monitors of each part. The operator makes those of the ChatApps. */
export function monitors(
  chart: Chart,
  environment: Environment,
  values: MonitoringValues,
  namespaces: readonly string[],
): void {
  const { operator, dataNamespace, database, redis, storage } = environment
  const messaging = ownMessaging(environment)
  const { namespace: home, kubeStateMetrics, certManager } = values
  operatorMonitor(chart, home, operator)
  prometheusMonitors(chart, home)
  if (database.kind === 'pxc') databaseMonitors(chart, home, dataNamespace, database)
  if (isOperated(redis) && redis.exporterImage !== undefined) redisMonitor(chart, home, dataNamespace, redis)
  if (storage?.kind === 'tenant') storageMonitor(chart, home, storage)
  if (messaging !== undefined) messagingMonitor(chart, home, dataNamespace, messaging)
  kubeletMonitor(chart, home, namespaces)
  sharedService(chart, { name: 'kube-state-metrics', home, address: kubeStateMetrics, namespaces })
  if (certManager !== undefined) sharedService(chart, { name: 'cert-manager', home, address: certManager, namespaces })
}

import type { Chart } from 'cdk8s'
import type { PxcValues } from '../../../environment/database.ts'
import { podMonitor, undeclaredPort } from './monitor.ts'
import { HAPROXY_STATISTICS_PORT } from '../../../objects/ports.ts'

/** Monitors of the exporter of each database node, of the proxies, and of the collector of the binary log. */
export function databaseMonitors(chart: Chart, home: string, namespace: string, values: PxcValues): void {
  const { name, backup, exporterImage, proxy } = values
  const component = (part: string) => ({
    matchLabels: { 'app.kubernetes.io/instance': name, 'app.kubernetes.io/component': part },
  })
  if (exporterImage !== undefined)
    podMonitor(chart, { name, home, namespace, selector: component('pxc'), endpoint: { port: 'metrics' } })
  if (proxy.kind === 'haproxy')
    podMonitor(chart, {
      name: `${name}-haproxy`,
      home,
      namespace,
      selector: component('haproxy'),
      endpoint: { relabelings: undeclaredPort(HAPROXY_STATISTICS_PORT, 'mysql') },
    })
  if (backup?.uploadIntervalSeconds === undefined) return
  podMonitor(chart, {
    name: `${name}-pitr`,
    home,
    namespace,
    selector: component('pitr'),
    // The port has this name since 1.17. Without a name, Prometheus would also scrape the init container.
    endpoint: { port: 'metrics' },
  })
}

import type { Chart } from 'cdk8s'
import { type Labels, Manifest } from '@chat-app/chat/constructs'
import { monitoringLabels } from '../labels.ts'

const SCRAPE_INTERVAL = '30s'

/** An entry of the field `endpoints` or `podMetricsEndpoints`. */
export type Endpoint = Readonly<Record<string, unknown>>

/** The values of a monitor. */
export interface Monitored {
  readonly name: string
  /** The namespace of the monitor: that of Prometheus, or of a Secret that the monitor names. */
  readonly home: string
  /** The namespace of the targets. */
  readonly namespace: string
  readonly selector: { readonly matchLabels: Labels } | { readonly matchExpressions: readonly object[] }
  readonly endpoint: Endpoint
}

/**
 * Scrapes the pods of Services. `podMonitor` is for pods without a Service, or with one that also selects other pods.
 */
export function serviceMonitor(chart: Chart, monitored: Monitored): void {
  monitor(chart, 'ServiceMonitor', 'endpoints', monitored)
}

export function podMonitor(chart: Chart, monitored: Monitored): void {
  monitor(chart, 'PodMonitor', 'podMetricsEndpoints', monitored)
}

function monitor(chart: Chart, kind: string, field: string, monitored: Monitored): void {
  const { name, home, namespace, selector, endpoint } = monitored
  new Manifest(chart, `monitor-${name}`, {
    apiVersion: 'monitoring.coreos.com/v1',
    kind,
    metadata: { name, namespace: home, labels: monitoringLabels(name) },
    spec: {
      selector,
      namespaceSelector: { matchNames: [namespace] },
      [field]: [{ interval: SCRAPE_INTERVAL, ...endpoint }],
    },
  })
}

/**
 * Relabelings for a port that the pod does not declare: they replace the port of a declared one, so that each pod is
 * one target.
 */
export function undeclaredPort(port: number, declared: string): readonly object[] {
  return [
    { action: 'keep', sourceLabels: ['__meta_kubernetes_pod_container_port_name'], regex: declared },
    {
      action: 'replace',
      sourceLabels: ['__meta_kubernetes_pod_ip'],
      targetLabel: '__address__',
      regex: '(.+)',
      replacement: `$1:${port}`,
    },
  ]
}

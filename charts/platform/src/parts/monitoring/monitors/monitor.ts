import type { Chart } from 'cdk8s'
import { type Labels, Manifest } from '@chat-app/chat/constructs'
import { monitoringLabels } from '../labels.ts'

/** One place that is asked for metrics, in the words of the operator's `endpoints`. */
export type Endpoint = Readonly<Record<string, unknown>>

/** What a monitor finds, and where. */
export interface Monitored {
  readonly name: string
  /** Its own namespace: that of Prometheus, or of a Secret that it names. */
  readonly home: string
  /** Of what is watched. */
  readonly namespace: string
  readonly selector: { readonly matchLabels: Labels } | { readonly matchExpressions: readonly object[] }
  readonly endpoint: Endpoint
}

const interval = '30s'

/** Finds Services; where pods have none, or one that leads to others too, see `podMonitor`. */
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
    spec: { selector, namespaceSelector: { matchNames: [namespace] }, [field]: [{ interval, ...endpoint }] },
  })
}

/** Asks a port that the pod does not declare: through one that it does, so that each pod is found once. */
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

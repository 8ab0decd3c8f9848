import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { monitoringLabels } from '../labels.ts'
import { serviceMonitor } from './monitor.ts'

/** The namespace of the Service of the kubelets, which the operator of Prometheus makes. */
export const KUBELET_NAMESPACE = 'kube-system'

const VOLUME_METRICS = 'kubelet_volume_stats_(available|capacity)_bytes'

/** Scrapes the kubelets for the usage of the platform's volumes. */
export function kubeletMonitor(chart: Chart, home: string, namespaces: readonly string[]): void {
  serviceMonitor(chart, {
    name: 'kubelet',
    home,
    namespace: KUBELET_NAMESPACE,
    selector: { matchLabels: { 'app.kubernetes.io/name': 'kubelet' } },
    endpoint: {
      port: 'https-metrics',
      scheme: 'https',
      honorLabels: true,
      bearerTokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
      // By default a kubelet signs its own certificate.
      tlsConfig: { insecureSkipVerify: true },
      metricRelabelings: [keep(['__name__'], VOLUME_METRICS), keep(['namespace'], namespaces.join('|'))],
    },
  })
}

/** Scrapes a Service with metrics of all namespaces, and keeps those of the platform. */
export function sharedService(
  chart: Chart,
  { name, home, address, namespaces }: { name: string; home: string; address: string; namespaces: readonly string[] },
): void {
  new Manifest(chart, `scrape-${name}`, {
    apiVersion: 'monitoring.coreos.com/v1alpha1',
    kind: 'ScrapeConfig',
    metadata: { name, namespace: home, labels: monitoringLabels(name) },
    spec: {
      staticConfigs: [{ targets: [address] }],
      scrapeInterval: '30s',
      honorLabels: true,
      metricRelabelings: [keep(['namespace'], namespaces.join('|'))],
    },
  })
}

function keep(sourceLabels: readonly string[], regex: string) {
  return { action: 'keep', sourceLabels, regex }
}

import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { monitoringLabels } from '../labels.ts'
import { serviceMonitor } from './monitor.ts'

/** Where the Service of the kubelets stands, which the operator of Prometheus makes. */
export const KUBELET_NAMESPACE = 'kube-system'

const volumes = 'kubelet_volume_stats_(available|capacity)_bytes'

/** How full the volumes of the platform are: only the kubelets know. */
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
      // A kubelet's certificate is its own unless the Kubernetes cluster signs it.
      tlsConfig: { insecureSkipVerify: true },
      metricRelabelings: [keep(['__name__'], volumes), keep(['namespace'], namespaces.join('|'))],
    },
  })
}

/** Services of the Kubernetes cluster that tell of all its namespaces: what is not of the platform is not kept. */
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

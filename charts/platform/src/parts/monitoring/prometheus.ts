import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'
import { SERVICE_ACCOUNT } from './access.ts'
import { selected } from './labels.ts'
import { apart, claimTemplate, disruptionBudget, podLabels, podSecurityContext } from './pods.ts'
import type { MonitoringValues } from '../../environment/monitoring.ts'

/** The documented Prometheus. A selector that is absent would select nothing, and an absent namespace only its own. */
export function prometheus(chart: Chart, values: MonitoringValues, namespaces: readonly string[]): void {
  const { name, namespace, version, replicas, resources, storage, storageClassName } = values
  const labels = podLabels('prometheus', name)
  const objects = { matchLabels: selected }
  const within = { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: namespaces }] }
  new Manifest(chart, 'prometheus', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'Prometheus',
    metadata: { name, namespace, labels: platformLabels(name) },
    spec: {
      version,
      replicas,
      retention: values.retention,
      retentionSize: values.retentionSize,
      serviceAccountName: SERVICE_ACCOUNT,
      securityContext: podSecurityContext,
      serviceMonitorSelector: objects,
      serviceMonitorNamespaceSelector: within,
      podMonitorSelector: objects,
      podMonitorNamespaceSelector: within,
      scrapeConfigSelector: objects,
      scrapeConfigNamespaceSelector: within,
      ruleSelector: objects,
      ruleNamespaceSelector: within,
      alerting: { alertmanagers: [{ namespace, name: 'alertmanager-operated', port: 'web' }] },
      // A write-ahead log in half the space.
      walCompression: true,
      // What one target may bring: a mistake in one of them must not end the watch over all others.
      enforcedSampleLimit: 50_000,
      ...(replicas > 1 && { affinity: apart(labels) }),
      resources,
      storage: claimTemplate(storage, storageClassName),
    },
  })
  if (replicas > 1) disruptionBudget(chart, { name, namespace, labels })
}

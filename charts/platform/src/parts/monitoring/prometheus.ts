import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { disruptionBudget } from '../../objects/disruption-budget.ts'
import { platformLabels } from '../../objects/pod.ts'
import type { Cluster } from '../../environment/cluster.ts'
import { SERVICE_ACCOUNT } from './access.ts'
import { selected } from './labels.ts'
import { apart, claimTemplate, podLabels, podSecurityContext } from './pods.ts'
import type { MonitoringValues } from '../../environment/monitoring.ts'
import { PROMETHEUS_TARGET_SAMPLES } from '../../limits.ts'

/**
 * The documented Prometheus. Without a selector it would select nothing, and without a namespace selector only its own
 * namespace.
 */
export function prometheus(
  chart: Chart,
  { environment, region }: Cluster,
  values: MonitoringValues,
  namespaces: readonly string[],
): void {
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
      ...(values.image !== undefined && { image: values.image }),
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
      // The labels of every alert that leaves this Prometheus: which environment and region it comes from.
      externalLabels: { environment: environment.name, ...(region !== undefined && { region: region.own.name }) },
      alerting: { alertmanagers: [{ namespace, name: 'alertmanager-operated', port: 'web' }] },
      // Halves the size of the write-ahead log.
      walCompression: true,
      enforcedSampleLimit: PROMETHEUS_TARGET_SAMPLES,
      ...(replicas > 1 && { affinity: apart(labels) }),
      resources,
      storage: claimTemplate(storage, storageClassName),
    },
  })
  if (replicas > 1) disruptionBudget(chart, { name, namespace, labels })
}

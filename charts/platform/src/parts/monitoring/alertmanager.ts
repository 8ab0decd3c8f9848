import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { disruptionBudget } from '../../objects/disruption-budget.ts'
import { platformLabels } from '../../objects/pod.ts'
import { apart, claimTemplate, podLabels, podSecurityContext } from './pods.ts'
import type { MonitoringValues } from '../../environment/monitoring.ts'

/** Alertmanager. Its configuration is in a Secret, because it holds credentials. */
export function alertmanager(chart: Chart, values: MonitoringValues): void {
  const { namespace, storageClassName, alertmanager } = values
  const { version, replicas, resources, storage, configSecret } = alertmanager
  const name = `${values.name}-alertmanager`
  const labels = podLabels('alertmanager', name)
  new Manifest(chart, 'alertmanager', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'Alertmanager',
    metadata: { name, namespace, labels: platformLabels(name) },
    spec: {
      version,
      ...(alertmanager.image !== undefined && { image: alertmanager.image }),
      replicas,
      configSecret,
      securityContext: podSecurityContext,
      // It does not use the API server.
      automountServiceAccountToken: false,
      affinity: apart(labels),
      resources,
      storage: claimTemplate(storage, storageClassName),
    },
  })
  disruptionBudget(chart, { name, namespace, labels })
}

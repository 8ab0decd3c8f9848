import type { Chart } from 'cdk8s'
import { componentLabels } from '../labels.ts'
import { Manifest } from '../manifest.ts'
import type { Model } from '../model.ts'
import type { Facts } from '../types.ts'

/** The optional kind of the Prometheus operator, as `group/Kind`. */
export const SERVICE_MONITOR = 'monitoring.coreos.com/ServiceMonitor'

/** One ServiceMonitor for each service, with the label that the documented Prometheus selects. */
export function monitors(chart: Chart, model: Model, facts: Facts): void {
  if (model.spec.monitoring.mode === 'Disabled' || !facts.installedKinds.has(SERVICE_MONITOR)) return
  for (const { component, name, selector } of Object.values(model.services))
    new Manifest(chart, `service-monitor-${component}`, {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name, labels: { ...componentLabels(model, component), app: 'chat-app' } },
      spec: {
        selector: { matchLabels: selector },
        endpoints: [{ port: 'metrics', path: '/metrics', interval: '30s' }],
      },
    })
}

import type { Chart } from 'cdk8s'
import type { OperatorSettings } from '../../../environment/operator.ts'
import { OPERATOR_SELECTOR } from '../../../install/operator/labels.ts'
import { podMonitor, serviceMonitor } from './monitor.ts'

/** The monitor of the operator. */
export function operatorMonitor(chart: Chart, home: string, { namespace }: OperatorSettings): void {
  podMonitor(chart, {
    name: 'chat-app-operator',
    home,
    namespace,
    selector: { matchLabels: OPERATOR_SELECTOR },
    endpoint: { port: 'metrics' },
  })
}

/** The monitors of Prometheus and Alertmanager, by the Services that their operator makes. */
export function prometheusMonitors(chart: Chart, home: string): void {
  for (const name of ['prometheus', 'alertmanager']) {
    serviceMonitor(chart, {
      name,
      home,
      namespace: home,
      selector: { matchLabels: { [`operated-${name}`]: 'true' } },
      endpoint: { port: 'web' },
    })
  }
}

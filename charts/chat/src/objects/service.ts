import { IntOrString, KubeService, type ServicePort } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { componentLabels } from '../labels.ts'
import type { ChatComponent } from '../components.ts'
import type { Model, ServiceModel } from '../model.ts'
import { METRICS_PORT } from './pod.ts'

/** The Service of a component: port 80 for clients, as documented, which the worker has none of, and the port of the metrics. */
export function service(chart: Chart, model: Model, { component, name, selector }: ServiceModel): void {
  new KubeService(chart, `service-${component}`, {
    metadata: { name, labels: componentLabels(model, component) },
    spec: {
      type: 'ClusterIP',
      selector,
      ports: [
        ...(component === 'worker' ? [] : [clientPort(component)]),
        { name: 'metrics', port: METRICS_PORT, protocol: 'TCP', targetPort: IntOrString.fromString('metrics') },
      ],
    },
  })
}

function clientPort(component: ChatComponent): ServicePort {
  return {
    name: 'http',
    port: 80,
    protocol: 'TCP',
    targetPort: IntOrString.fromString('http'),
    ...(component === 'websocket' && { appProtocol: 'kubernetes.io/ws' }),
  }
}

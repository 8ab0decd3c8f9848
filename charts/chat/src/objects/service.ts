import { IntOrString, KubeService } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { componentLabels } from '../labels.ts'
import type { Model, ServiceModel } from '../model.ts'
import { METRICS_PORT } from './pod.ts'

/** The Service of a component: port 80 for clients, as documented, and the port of the metrics. */
export function service(chart: Chart, model: Model, { component, name, selector }: ServiceModel): void {
  new KubeService(chart, `service-${component}`, {
    metadata: { name, labels: componentLabels(model, component) },
    spec: {
      type: 'ClusterIP',
      selector,
      ports: [
        {
          name: 'http',
          port: 80,
          protocol: 'TCP',
          targetPort: IntOrString.fromString('http'),
          ...(component === 'websocket' && { appProtocol: 'kubernetes.io/ws' }),
        },
        { name: 'metrics', port: METRICS_PORT, protocol: 'TCP', targetPort: IntOrString.fromString('metrics') },
      ],
    },
  })
}

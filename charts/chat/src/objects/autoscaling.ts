import { KubeHorizontalPodAutoscalerV2, type HorizontalPodAutoscalerBehaviorV2 } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { componentLabels } from '../labels.ts'
import type { Model, ServiceModel } from '../model.ts'

/** The autoscaler of a service that asks for one. It rests while the ChatApp is hibernated. */
export function autoscaling(chart: Chart, model: Model, service: ServiceModel): void {
  const { component, name } = service
  const wanted = model.spec[component].autoscaling
  if (wanted === undefined || !service.autoscaled) return
  new KubeHorizontalPodAutoscalerV2(chart, `autoscaling-${component}`, {
    metadata: { name, labels: componentLabels(model, component) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: wanted.minReplicas,
      maxReplicas: wanted.maxReplicas,
      metrics: [
        {
          type: 'Resource',
          resource: {
            name: 'cpu',
            target: { type: 'Utilization', averageUtilization: wanted.target.cpuUtilizationPercent },
          },
        },
      ],
      ...(component === 'websocket' && { behavior: gentle(model.spec.websocket.drain.periodSeconds) }),
    },
  })
}

/** The least period that a policy of an autoscaler should have: a pod's metrics are a minute old. */
const LEAST_PERIOD_SECONDS = 60

// The next pod drains only when the one before it has drained, so that no client is moved twice in a row.
function gentle(drainSeconds: number): HorizontalPodAutoscalerBehaviorV2 {
  const periodSeconds = Math.max(drainSeconds, LEAST_PERIOD_SECONDS)
  return {
    scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Pods', value: 1, periodSeconds }] },
  }
}

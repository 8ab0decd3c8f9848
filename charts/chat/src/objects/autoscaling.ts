import { KubeHorizontalPodAutoscalerV2, type HorizontalPodAutoscalerBehaviorV2 } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { componentLabels } from '../labels.ts'
import { MIN_SCALE_DOWN_PERIOD_SECONDS, SCALE_DOWN_WINDOW_SECONDS } from '../limits.ts'
import type { Model, ServiceModel } from '../model.ts'

/** The autoscaler of a service whose ChatApp has one. There is none while the ChatApp is hibernated. */
export function autoscaling(chart: Chart, model: Model, service: ServiceModel): void {
  const { component, name } = service
  const wanted = service.workload.autoscaling
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

// One pod at a time, in a period that is no shorter than its drain: a client that was moved is not moved again at once.
function gentle(drainSeconds: number): HorizontalPodAutoscalerBehaviorV2 {
  const periodSeconds = Math.max(drainSeconds, MIN_SCALE_DOWN_PERIOD_SECONDS)
  return {
    scaleDown: {
      stabilizationWindowSeconds: SCALE_DOWN_WINDOW_SECONDS,
      policies: [{ type: 'Pods', value: 1, periodSeconds }],
    },
  }
}

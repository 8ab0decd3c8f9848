import { IntOrString, KubePodDisruptionBudget } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { componentLabels } from '../labels.ts'
import type { Model, ServiceModel } from '../model.ts'

/** Lets a node drain evict one pod at a time. A single pod has no budget: it would block the drain. */
export function disruptionBudget(chart: Chart, model: Model, service: ServiceModel): void {
  const { replicas, autoscaling } = service.workload
  if ((autoscaling?.minReplicas ?? replicas) < 2) return
  new KubePodDisruptionBudget(chart, `disruption-budget-${service.component}`, {
    metadata: { name: service.name, labels: componentLabels(model, service.component) },
    spec: {
      maxUnavailable: IntOrString.fromNumber(1),
      selector: { matchLabels: service.selector },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  })
}

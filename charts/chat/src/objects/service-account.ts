import { KubeServiceAccount } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { componentLabels } from '../labels.ts'
import type { Model } from '../model.ts'

/** A ServiceAccount for each component, without a token: the services do not use the Kubernetes API. */
export function serviceAccount(chart: Chart, model: Model, component: string, name: string): void {
  new KubeServiceAccount(chart, `service-account-${component}`, {
    metadata: { name, labels: componentLabels(model, component) },
    automountServiceAccountToken: false,
  })
}

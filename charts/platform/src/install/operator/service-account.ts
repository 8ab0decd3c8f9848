import type { Chart } from 'cdk8s'
import { KubeServiceAccount } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { OperatorValues } from '../../environment/operator.ts'
import { operatorLabels, OPERATOR } from './labels.ts'

export function operatorServiceAccount(chart: Chart, { namespace, version }: OperatorValues): void {
  new KubeServiceAccount(chart, 'operator-service-account', {
    metadata: { name: OPERATOR, namespace, labels: operatorLabels(version) },
    automountServiceAccountToken: false,
  })
}

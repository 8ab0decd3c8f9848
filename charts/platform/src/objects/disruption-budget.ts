import type { Chart } from 'cdk8s'
import { IntOrString, KubePodDisruptionBudget } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Labels } from '@chat-app/chat/constructs'
import { platformLabels } from './pod.ts'

/** Lets one of the pods with these labels be evicted at a time. */
export function disruptionBudget(
  chart: Chart,
  { name, namespace, labels }: { readonly name: string; readonly namespace: string; readonly labels: Labels },
): void {
  new KubePodDisruptionBudget(chart, `pdb-${name}`, {
    metadata: { name, namespace, labels: platformLabels(name) },
    spec: { maxUnavailable: IntOrString.fromNumber(1), selector: { matchLabels: labels } },
  })
}

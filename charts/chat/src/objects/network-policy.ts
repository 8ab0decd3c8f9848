import { IntOrString, KubeNetworkPolicy } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { componentLabels, selectorLabels } from '../labels.ts'
import type { Model } from '../model.ts'
import { METRICS_PORT } from './pod.ts'

/**
 * Allows connections only to the ports that the pods serve. Their sources are not limited, because every cluster has another
 * ingress controller and Prometheus; egress is not limited, because the addresses of the stores are in Secrets.
 */
export function networkPolicies(chart: Chart, model: Model): void {
  if (model.spec.networkPolicy.mode === 'Disabled') return
  for (const { component, name, port } of Object.values(model.services))
    networkPolicy(chart, model, component, name, [port, METRICS_PORT])
  for (const component of ['migrate', 'prove'] as const)
    networkPolicy(chart, model, component, model.names[component], [8080])
}

function networkPolicy(chart: Chart, model: Model, component: string, name: string, ports: readonly number[]): void {
  new KubeNetworkPolicy(chart, `network-policy-${component}`, {
    metadata: { name, labels: componentLabels(model, component) },
    spec: {
      podSelector: { matchLabels: selectorLabels(model.name, component) },
      policyTypes: ['Ingress'],
      ingress: [{ ports: ports.map((port) => ({ protocol: 'TCP', port: IntOrString.fromNumber(port) })) }],
    },
  })
}

import type { Chart } from 'cdk8s'
import { IntOrString, KubeDeployment, Quantity, type Container } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { restrictedContainer, restrictedPod } from '@chat-app/chat/constructs'
import { pullSecrets, type OperatorValues } from '../../environment/operator.ts'
import { operatorLabels, OPERATOR_SELECTOR, OPERATOR } from './labels.ts'
import { METRICS_PORT } from '../../objects/ports.ts'

/** The Deployment of the operator. Its pods meet Pod Security `restricted`, and mount a token for the API server. */
export function operatorDeployment(chart: Chart, values: OperatorValues): void {
  const { namespace, version, replicas } = values
  const labels = operatorLabels(version)
  new KubeDeployment(chart, 'operator-deployment', {
    metadata: { name: OPERATOR, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: OPERATOR_SELECTOR },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: IntOrString.fromNumber(1), maxUnavailable: IntOrString.fromNumber(0) },
      },
      revisionHistoryLimit: 3,
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: OPERATOR,
          ...pullSecrets(values),
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          securityContext: restrictedPod,
          terminationGracePeriodSeconds: 30,
          containers: [container(values)],
          volumes: [{ name: 'tmp', emptyDir: { sizeLimit: Quantity.fromString('64Mi') } }],
        },
      },
    },
  })
}

function container({ image, watchNamespaces, resources: { requests, limits } }: OperatorValues): Container {
  return {
    name: 'operator',
    image,
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: 'metrics', containerPort: METRICS_PORT }],
    env: [
      { name: 'WATCH_NAMESPACES', value: watchNamespaces.join(',') },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'METRICS_PORT', value: String(METRICS_PORT) },
      { name: 'LOG_LEVEL', value: 'info' },
    ],
    resources: { requests: amounts(requests), limits: amounts(limits) },
    startupProbe: probe('/healthz', 1, 60),
    livenessProbe: probe('/healthz', 10, 3),
    readinessProbe: probe('/readyz', 2, 3),
    securityContext: restrictedContainer,
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  }
}

function amounts({ cpu, memory }: { readonly cpu: string; readonly memory: string }) {
  return { cpu: Quantity.fromString(cpu), memory: Quantity.fromString(memory) }
}

function probe(path: string, periodSeconds: number, failureThreshold: number) {
  return {
    httpGet: { path, port: IntOrString.fromString('metrics') },
    periodSeconds,
    timeoutSeconds: 5,
    failureThreshold,
  }
}

import type { Chart } from 'cdk8s'
import { Manifest, nonRootPod, unprivilegedContainer } from '@chat-app/chat/constructs'
import { disruptionBudget } from '../../objects/disruption-budget.ts'
import { RABBITMQ_CONFIG } from './config.ts'
import type { MessagingValues } from '../../environment/messaging.ts'

/** The nodes of RabbitMQ, with a disruption budget that keeps a majority. */
export function rabbitmqCluster(chart: Chart, namespace: string, values: MessagingValues): void {
  const { name, image, size, resources, storage, storageClassName } = values
  new Manifest(chart, 'rabbitmq', {
    apiVersion: 'rabbitmq.com/v1beta1',
    kind: 'RabbitmqCluster',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/part-of': 'chat-app' } },
    spec: {
      replicas: size,
      image,
      resources,
      persistence: { storage, ...(storageClassName !== undefined && { storageClassName }) },
      // A node hands over its queues before it stops. The default of the operator is a week.
      terminationGracePeriodSeconds: 600,
      rabbitmq: { additionalConfig: RABBITMQ_CONFIG },
      affinity: apart(name),
      ...tls(values),
      override: { statefulSet: { spec: { template: { spec: podSecurity } } } },
    },
  })
  if (size > 1) disruptionBudget(chart, { name, namespace, labels: nodes(name) })
}

/** The label that the operator gives to the pods. */
function nodes(name: string) {
  return { 'app.kubernetes.io/name': name }
}

function apart(name: string) {
  const labelSelector = { matchLabels: nodes(name) }
  const zone = { topologyKey: 'topology.kubernetes.io/zone', labelSelector }
  return {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector }],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: zone }],
    },
  }
}

function tls({ name, tls }: MessagingValues) {
  return tls ? { tls: { secretName: `${name}-tls`, disableNonTLSListeners: true } } : {}
}

/** What Pod Security `restricted` requires, except the user, which the operator sets. */
const podSecurity = {
  securityContext: nonRootPod,
  initContainers: [{ name: 'setup-container', securityContext: unprivilegedContainer }],
  containers: [{ name: 'rabbitmq', securityContext: unprivilegedContainer }],
}

import type { Chart } from 'cdk8s'
import { KubeClusterRole, KubeClusterRoleBinding, KubeServiceAccount } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { role } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'

/** The ServiceAccount of Prometheus. Its operator makes neither it nor its Roles. */
export const SERVICE_ACCOUNT = 'prometheus'
const CLUSTER_ROLE = 'chat-app-prometheus'

const RBAC_GROUP = 'rbac.authorization.k8s.io'
const READ = ['get', 'list', 'watch']

/** Lets Prometheus discover targets in these namespaces, and scrape the kubelets. */
export function prometheusAccess(chart: Chart, home: string, namespaces: readonly string[]): void {
  new KubeServiceAccount(chart, 'prometheus-service-account', {
    metadata: { name: SERVICE_ACCOUNT, namespace: home, labels: platformLabels(SERVICE_ACCOUNT) },
  })
  for (const namespace of namespaces) discovery(chart, namespace, home)
  kubelets(chart, home)
}

function discovery(chart: Chart, namespace: string, home: string): void {
  const metadata = { name: SERVICE_ACCOUNT, namespace, labels: platformLabels(SERVICE_ACCOUNT) }
  const rules = [
    { apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs: READ },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
  ]
  role(chart, metadata, rules, { name: SERVICE_ACCOUNT, namespace: home })
}

/** Nodes are cluster-scoped, so the kubelets need a ClusterRole. */
function kubelets(chart: Chart, home: string): void {
  const metadata = { name: CLUSTER_ROLE, labels: platformLabels(SERVICE_ACCOUNT) }
  new KubeClusterRole(chart, 'prometheus-cluster-role', {
    metadata,
    rules: [
      { apiGroups: [''], resources: ['nodes'], verbs: READ },
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    ],
  })
  new KubeClusterRoleBinding(chart, 'prometheus-cluster-role-binding', {
    metadata,
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: CLUSTER_ROLE },
    subjects: [{ kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace: home }],
  })
}

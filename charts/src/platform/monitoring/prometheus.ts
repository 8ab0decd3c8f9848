import { ApiObject, type Chart } from 'cdk8s'
import { KubeRole, KubeRoleBinding, KubeServiceAccount } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { platformLabels } from '../pod.ts'
import type { MonitoringValues } from './values.ts'

const NAME = 'prometheus'

/** The documented Prometheus. Its operator makes no identity and no permissions for it, so they are here. */
export function prometheus(chart: Chart, values: MonitoringValues, watched: readonly string[]): void {
  const { namespace } = values
  new KubeServiceAccount(chart, 'prometheus-service-account', {
    metadata: { name: NAME, namespace, labels: platformLabels(NAME) },
  })
  for (const target of watched) discovery(chart, target, namespace)
  instance(chart, values, watched)
}

/** Lets it find what it scrapes in one namespace. */
function discovery(chart: Chart, namespace: string, home: string): void {
  const metadata = { name: NAME, namespace, labels: platformLabels(NAME) }
  const verbs = ['get', 'list', 'watch']
  new KubeRole(chart, `prometheus-role-${namespace}`, {
    metadata,
    rules: [
      { apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
    ],
  })
  new KubeRoleBinding(chart, `prometheus-role-binding-${namespace}`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: NAME },
    subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: home }],
  })
}

function instance(chart: Chart, values: MonitoringValues, watched: readonly string[]): void {
  const { name, namespace, version, replicas, resources, storage, storageClassName } = values
  new ApiObject(chart, 'prometheus', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'Prometheus',
    metadata: { name, namespace },
    spec: {
      version,
      replicas,
      serviceAccountName: NAME,
      securityContext: {
        fsGroup: 2000,
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      serviceMonitorSelector: { matchLabels: { app: 'chat-app' } },
      // Absent it would mean its own namespace alone.
      serviceMonitorNamespaceSelector: {
        matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [...watched] }],
      },
      resources,
      storage: {
        volumeClaimTemplate: {
          spec: {
            ...(storageClassName !== undefined && { storageClassName }),
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage } },
          },
        },
      },
    },
  })
}

import type { Chart } from 'cdk8s'
import { KubeRole, KubeRoleBinding } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { OperatorValues } from './values.ts'
import { operatorLabels, OPERATOR } from './labels.ts'
import { clusterPermissions, leasePermissions, watchPermissions, type Permission } from './permissions.ts'

/** Lets the operator work on the ChatApps of one namespace. */
export function watchRole(chart: Chart, values: OperatorValues, namespace: string): void {
  role(chart, values, namespace, OPERATOR, watchPermissions)
}

/** Lets the operator see whether the clusters in another namespace are ready, and nothing else there. */
export function readClustersRole(chart: Chart, values: OperatorValues, namespace: string): void {
  role(chart, values, namespace, `${OPERATOR}-clusters`, clusterPermissions)
}

/** Lets the operator elect its leader in its own namespace. */
export function leaseRole(chart: Chart, values: OperatorValues): void {
  role(chart, values, values.namespace, `${OPERATOR}-leases`, leasePermissions)
}

function role(
  chart: Chart,
  values: OperatorValues,
  namespace: string,
  name: string,
  permissions: readonly Permission[],
): void {
  const metadata = { name, namespace, labels: operatorLabels(values.version) }
  new KubeRole(chart, `role-${namespace}-${name}`, {
    metadata,
    rules: permissions.map(({ apiGroups, resources, verbs }) => ({
      apiGroups: [...apiGroups],
      resources: [...resources],
      verbs: [...verbs],
    })),
  })
  new KubeRoleBinding(chart, `role-binding-${namespace}-${name}`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: OPERATOR, namespace: values.namespace }],
  })
}

import type { Chart } from 'cdk8s'
import { role } from '@chat-app/chat/constructs'
import type { OperatorValues } from '../../environment/operator.ts'
import { operatorLabels, OPERATOR } from './labels.ts'
import { CLUSTER_PERMISSIONS, LEASE_PERMISSIONS, WATCH_PERMISSIONS, type Permission } from '@chat-app/chat/permissions'

/** Lets the operator work on the ChatApps of one namespace. */
export function watchRole(chart: Chart, values: OperatorValues, namespace: string): void {
  operatorRole(chart, values, namespace, OPERATOR, WATCH_PERMISSIONS)
}

/** Lets the operator read the database and Redis clusters of another namespace, and nothing else in it. */
export function readClustersRole(chart: Chart, values: OperatorValues, namespace: string): void {
  operatorRole(chart, values, namespace, `${OPERATOR}-clusters`, CLUSTER_PERMISSIONS)
}

/** Lets the operator elect its leader in its own namespace. */
export function leaseRole(chart: Chart, values: OperatorValues): void {
  operatorRole(chart, values, values.namespace, `${OPERATOR}-leases`, LEASE_PERMISSIONS)
}

function operatorRole(
  chart: Chart,
  values: OperatorValues,
  namespace: string,
  name: string,
  permissions: readonly Permission[],
): void {
  const metadata = { name, namespace, labels: operatorLabels(values.version) }
  const rules = permissions.map(({ apiGroups, resources, verbs }) => ({
    apiGroups: [...apiGroups],
    resources: [...resources],
    verbs: [...verbs],
  }))
  role(chart, metadata, rules, { name: OPERATOR, namespace: values.namespace })
}

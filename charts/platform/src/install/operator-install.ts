import { App, Chart } from 'cdk8s'
import { operatorDeployment } from './operator/deployment.ts'
import { leaseRole, readClustersRole, watchRole } from './operator/roles.ts'
import { operatorServiceAccount } from './operator/service-account.ts'
import { namespace } from '../objects/namespace.ts'
import type { OperatorValues } from '../environment/operator.ts'
import type { KubernetesObject } from '@chat-app/chat'

/** The objects of an installation of the operator, except the CRD: namespace, ServiceAccount, Roles and Deployment. */
export function operatorInstall(values: OperatorValues): KubernetesObject[] {
  const chart = new Chart(new App(), 'operator', { disableResourceNameHashes: true })
  namespace(chart, values.namespace)
  operator(chart, values)
  return chart.toJson() as KubernetesObject[]
}

/** Adds the same objects, except the namespace, to a chart. */
export function operator(chart: Chart, values: OperatorValues): void {
  operatorServiceAccount(chart, values)
  leaseRole(chart, values)
  for (const watched of values.watchNamespaces) watchRole(chart, values, watched)
  for (const read of values.clusterNamespaces ?? []) readClustersRole(chart, values, read)
  operatorDeployment(chart, values)
}

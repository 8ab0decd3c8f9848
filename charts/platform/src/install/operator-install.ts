import { App, Chart } from 'cdk8s'
import { operatorDeployment } from './operator/deployment.ts'
import { leaseRole, readClustersRole, watchRole } from './operator/roles.ts'
import { operatorServiceAccount } from './operator/service-account.ts'
import { namespace } from '../objects/namespace.ts'
import type { OperatorValues } from '../environment/operator.ts'
import type { KubernetesObject } from '@chat-app/chat'

/** All that the operator needs in a cluster but the CRD: its namespace, identity, permissions and Deployment. */
export function operatorInstall(values: OperatorValues): KubernetesObject[] {
  const chart = new Chart(new App(), 'operator', { disableResourceNameHashes: true })
  namespace(chart, values.namespace)
  operator(chart, values)
  return chart.toJson() as KubernetesObject[]
}

/** The same but the namespace, in a chart that is there already. */
export function operator(chart: Chart, values: OperatorValues): void {
  operatorServiceAccount(chart, values)
  leaseRole(chart, values)
  for (const watched of values.watchNamespaces) watchRole(chart, values, watched)
  for (const read of values.clusterNamespaces ?? []) readClustersRole(chart, values, read)
  operatorDeployment(chart, values)
}

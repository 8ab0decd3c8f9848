import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { access } from './access.ts'
import { imagePolicy, replicasPolicy } from './admission.ts'
import { edges } from './edges.ts'
import { enforcedPolicies } from './enforced.ts'
import { closedNamespaces } from './namespaces.ts'
import { networkPolicies } from './network.ts'
import { onCallPolicy } from './on-call.ts'
import { resourceQuotas } from './quotas.ts'

/** NetworkPolicies, quotas, roles of people, and admission policies. */
export function policies(chart: Chart, cluster: Cluster): void {
  networkPolicies(chart, closedNamespaces(cluster), edges(cluster))
  resourceQuotas(chart, cluster)
  access(chart, cluster.environment)
  imagePolicy(chart)
  if (cluster.environment.policies.warnOfOneReplica) replicasPolicy(chart)
  onCallPolicy(chart, cluster.environment)
  enforcedPolicies(chart, cluster)
}

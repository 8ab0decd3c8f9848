import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { acmeIssuers } from './issuers.ts'
import { pageIngresses } from './pages.ts'

/** What the internet reaches of the platform itself, and who issues certificates for it. The ChatApp's exposure is the operator's. */
export function edge(chart: Chart, cluster: Cluster): void {
  const { certificates } = cluster.environment
  if (certificates?.acme !== undefined) acmeIssuers(chart, certificates.acme)
  pageIngresses(chart, cluster)
}

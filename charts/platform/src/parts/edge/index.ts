import type { Chart } from 'cdk8s'
import type { Cluster } from '../../environment/cluster.ts'
import { acmeIssuers } from './issuers.ts'
import { pageIngresses } from './pages.ts'

/** The Ingresses of the platform's own pages, and the issuers of certificates. The operator exposes the ChatApp. */
export function edge(chart: Chart, cluster: Cluster): void {
  const { certificates } = cluster.environment
  if (certificates?.acme !== undefined) acmeIssuers(chart, certificates.acme)
  pageIngresses(chart, cluster)
}

import type { Chart } from 'cdk8s'
import type { Cluster } from '../cluster.ts'
import { acmeIssuers } from './issuers.ts'

/** What the internet reaches of the platform itself, and who issues certificates for it. The ChatApp's exposure is the operator's. */
export function edge(chart: Chart, { environment: { certificates } }: Cluster): void {
  if (certificates?.acme !== undefined) acmeIssuers(chart, certificates.acme)
}

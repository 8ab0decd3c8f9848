import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { solver } from './solver.ts'
import type { AcmeValues } from '../../environment/edge.ts'

const ACME_SERVERS = {
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
  'letsencrypt-prod': 'https://acme-v02.api.letsencrypt.org/directory',
} as const

/**
 * The issuers that a ChatApp's `tls.issuerRef` names. That of the staging server has high rate limits, and browsers do
 * not trust it.
 */
export function acmeIssuers(chart: Chart, acme: AcmeValues): void {
  for (const [name, server] of Object.entries(ACME_SERVERS))
    new Manifest(chart, name, {
      apiVersion: 'cert-manager.io/v1',
      kind: 'ClusterIssuer',
      metadata: { name },
      spec: {
        acme: {
          server,
          email: acme.email,
          privateKeySecretRef: { name: `${name}-account` },
          solvers: [solver(acme)],
        },
      },
    })
}

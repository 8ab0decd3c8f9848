import { ApiObject, type Chart } from 'cdk8s'

const servers = {
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
  'letsencrypt-prod': 'https://acme-v02.api.letsencrypt.org/directory',
} as const

interface Acme {
  readonly email: string
  readonly ingressClassName: string
}

/** The issuers that a ChatApp's `tls.issuerRef` names. That of Let's Encrypt's staging has no rate limit to speak of, and no browser trusts it. */
export function acmeIssuers(chart: Chart, { email, ingressClassName }: Acme): void {
  for (const [name, server] of Object.entries(servers))
    new ApiObject(chart, name, {
      apiVersion: 'cert-manager.io/v1',
      kind: 'ClusterIssuer',
      metadata: { name },
      spec: {
        acme: {
          server,
          email,
          privateKeySecretRef: { name: `${name}-account` },
          solvers: [{ http01: { ingress: { ingressClassName } } }],
        },
      },
    })
}

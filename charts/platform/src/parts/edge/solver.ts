import type { AcmeValues, Dns01Values } from '../../environment/edge.ts'

/** The solver of a ClusterIssuer, for all hosts. */
export function solver({ ingressClassName, dns01 }: AcmeValues): object {
  return dns01 === undefined ? { http01: { ingress: { ingressClassName } } } : { dns01: inDns(dns01) }
}

function inDns(dns01: Dns01Values): object {
  if (dns01.provider === 'cloudflare') return { cloudflare: { apiTokenSecretRef: dnsSecret(dns01) } }
  if (dns01.provider === 'rfc2136') {
    const { nameserver, keyName, algorithm } = dns01
    const key = { tsigKeyName: keyName, tsigAlgorithm: algorithm, tsigSecretSecretRef: dnsSecret(dns01) }
    return { rfc2136: { nameserver, ...key } }
  }
  const { provider: _, ...webhook } = dns01
  return { webhook }
}

/**
 * The Secret in cert-manager's namespace, and its key, that may change the DNS; undefined for a webhook, which has its
 * own credentials.
 */
export function dnsSecret(dns01: Dns01Values): { readonly name: string; readonly key: string } | undefined {
  if (dns01.provider === 'webhook') return undefined
  return { name: dns01.secret, key: dns01.provider === 'cloudflare' ? 'api-token' : 'tsig-secret' }
}

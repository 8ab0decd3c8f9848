import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import type { Cluster } from '../../environment/cluster.ts'
import { days } from '../../objects/duration.ts'

/** The Issuer in the namespace of the databases. */
export const AUTHORITY = 'platform-ca'

/** The Secret in the ChatApp's namespace whose key `ca.crt` verifies the certificates of that Issuer. */
export const TRUST = 'platform-trust'

const ROOT = 'platform-root'

/**
 * The platform's certificate authority, made by cert-manager: a root that only signs one authority for each namespace,
 * so that a leaked key is replaced in one namespace. Whoever trusts the root trusts them all.
 */
export function authority(chart: Chart, { environment }: Cluster): void {
  const { certificates, dataNamespace, chatApp } = environment
  if (certificates === undefined) return
  object(chart, 'ClusterIssuer', { name: `${ROOT}-self-signed` }, { selfSigned: {} })
  object(chart, 'Certificate', { name: ROOT, namespace: certificates.namespace }, ROOT_SPEC)
  object(chart, 'ClusterIssuer', { name: ROOT }, { ca: { secretName: ROOT } })
  object(chart, 'Certificate', { name: AUTHORITY, namespace: dataNamespace }, INTERMEDIATE_SPEC)
  object(chart, 'Issuer', { name: AUTHORITY, namespace: dataNamespace }, { ca: { secretName: AUTHORITY } })
  object(chart, 'Certificate', { name: TRUST, namespace: chatApp.namespace }, TRUST_SPEC)
}

const SIGNING = {
  isCA: true,
  // With a new key, certificates that the old key signed would no longer verify.
  privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' },
  usages: ['cert sign', 'crl sign', 'digital signature'],
}

const ROOT_SPEC = {
  ...SIGNING,
  secretName: ROOT,
  commonName: ROOT,
  duration: days(3650),
  renewBefore: days(365),
  issuerRef: { kind: 'ClusterIssuer', name: `${ROOT}-self-signed` },
}

const INTERMEDIATE_SPEC = {
  ...SIGNING,
  secretName: AUTHORITY,
  commonName: AUTHORITY,
  duration: days(1825),
  renewBefore: days(365),
  issuerRef: { kind: 'ClusterIssuer', name: ROOT },
}

// cert-manager adds `ca.crt` with the root to the Secret of a certificate. Nothing else of this one is used.
const TRUST_SPEC = {
  secretName: TRUST,
  commonName: TRUST,
  duration: days(365),
  privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
  usages: ['client auth'],
  issuerRef: { kind: 'ClusterIssuer', name: ROOT },
}

interface Name {
  readonly name: string
  readonly namespace?: string
}

function object(chart: Chart, kind: string, metadata: Name, spec: object): void {
  const id = [kind, metadata.namespace, metadata.name].filter((part) => part !== undefined).join('-')
  new Manifest(chart, id, { apiVersion: 'cert-manager.io/v1', kind, metadata: { ...metadata }, spec })
}

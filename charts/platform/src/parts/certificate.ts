import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { AUTHORITY } from './secrets/authority.ts'
import { days } from '../objects/duration.ts'

/**
 * A certificate of the platform's certificate authority, in a Secret of the same name (`tls.crt`, `tls.key`, `ca.crt`).
 * It is valid for servers and clients, because the nodes of a cluster also connect to each other.
 */
export function certificate(chart: Chart, metadata: { name: string; namespace: string }, dnsNames: string[]): void {
  new Manifest(chart, `certificate-${metadata.name}`, {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata,
    spec: {
      secretName: metadata.name,
      dnsNames,
      duration: days(365),
      renewBefore: days(60),
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      usages: ['server auth', 'client auth', 'digital signature'],
      issuerRef: { kind: 'Issuer', name: AUTHORITY },
    },
  })
}

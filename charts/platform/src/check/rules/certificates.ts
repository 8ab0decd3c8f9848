import type { Fault } from '@chat-app/chat/constructs'
import { ownMessaging } from '../../environment/messaging.ts'
import { isOperated, speaksTls } from '../../environment/redis.ts'
import { TRUST } from '../../parts/secrets/authority.ts'
import type { Environment } from '../../environment/environment.ts'
import type { Rule } from './rule.ts'

/** The issuers that `certificates.acme` makes. */
const MADE: ReadonlySet<string | undefined> = new Set(['letsencrypt-staging', 'letsencrypt-prod'])

export const certificateRules: readonly Rule[] = [
  {
    of: ['certificates', 'chatApp', 'redis', 'messaging', 'edge'],
    faults: (environment) => {
      const { certificates } = environment
      if (certificates === undefined) return needsCertManager(environment)
      return certificates.acme === undefined ? needsAcme(environment) : []
    },
  },
]

/** One fault for all fields that need cert-manager. */
function needsCertManager(environment: Environment): Fault[] {
  const {
    chatApp: { spec },
    redis,
    edge,
  } = environment
  const needs = [
    isOperated(redis) && speaksTls(redis) && 'redis.tls',
    ownMessaging(environment)?.tls === true && 'messaging.tls',
    spec.database?.tls?.caSecretRef.name === TRUST && 'chatApp.spec.database.tls',
    spec.redis?.tls?.caSecretRef.name === TRUST && 'chatApp.spec.redis.tls',
    spec.exposure?.tls?.issuerRef !== undefined && 'chatApp.spec.exposure.tls.issuerRef',
    edge !== undefined && 'edge',
  ].filter((need) => need !== false)
  if (needs.length === 0) return []
  return [
    {
      path: ['certificates'],
      message: `must be set for TLS: cert-manager issues the certificates for ${needs.join(', ')}`,
    },
  ]
}

/** The platform makes the issuers of Let's Encrypt. One of another name may exist in the cluster already. */
function needsAcme({ chatApp: { spec }, edge }: Environment): Fault[] {
  const issuer = spec.exposure?.tls?.issuerRef
  const named = [
    { field: 'chatApp.spec.exposure.tls.issuerRef', name: issuer?.kind === 'Issuer' ? undefined : issuer?.name },
    { field: 'edge.issuer', name: edge?.issuer },
  ].filter(({ name }) => MADE.has(name))
  if (named.length === 0) return []
  return [
    {
      path: ['certificates', 'acme'],
      message: `must be set for ${named.map(({ field, name }) => `${field} (${name})`).join(' and ')}: the platform makes this issuer from it`,
    },
  ]
}

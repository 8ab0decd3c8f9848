import { regional, full } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { activeCluster, clustersOf } from '../../check/clusters.ts'
import { one, type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import type { Environment } from '../../environment/environment.ts'

const base = full.edge
if (base === undefined) throw new Error('staging has no page')
const withPages = (edge: Partial<NonNullable<Environment['edge']>>): Environment => ({
  ...full,
  edge: { ...base, ...edge },
})
const objects = (environment: Environment) => applied(activeCluster(environment)) as Loose[]

test('a page is an Ingress with a certificate in the namespace of its part', () => {
  const { metadata, spec } = one(objects(full), 'Ingress', 'kibana')
  expect(metadata).toMatchObject({
    namespace: 'logs',
    annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt-prod', 'haproxy.org/server-ssl': 'true' },
  })
  expect(spec).toMatchObject({
    ingressClassName: 'haproxy',
    tls: [{ hosts: ['logs.example.com'] }],
    rules: [{ host: 'logs.example.com' }],
  })
})

test('a page has a host of its own in each region', () => {
  const hosts = clustersOf(regional).map(
    (cluster) => one(applied(cluster) as Loose[], 'Ingress', 'kibana').spec.rules[0].host,
  )
  expect(hosts).toEqual(['east.logs.example.com', 'west.logs.example.com'])
})

test('a page without a login is rejected, unless the ingress controller asks for one', () => {
  const pages = { prometheus: 'metrics.staging.chat-app.com' }
  expect(() => objects(withPages({ pages }))).toThrow(
    'edge.authentication: must be set for the pages of prometheus and alertmanager: they have no login of their own',
  )
  const authentication = { 'haproxy.org/auth-type': 'basic-auth', 'haproxy.org/auth-secret': 'monitoring/pages' }
  const { metadata } = one(objects(withPages({ pages, authentication })), 'Ingress', 'prometheus')
  expect(metadata.namespace).toBe('metrics')
  expect(metadata.annotations).toMatchObject(authentication)
  expect(metadata.annotations).not.toHaveProperty('haproxy.org/server-ssl')
})

test('a page of a part that the environment does not have is rejected', () => {
  const { logs: _, ...without } = withPages({})
  expect(() => objects(without)).toThrow('edge.pages.kibana: must not be set: this environment does not have the part')
})

test('the issuer that a ChatApp names exists', () => {
  const exposure = (full.chatApp.spec as Loose).exposure
  const { spec } = one(objects(full), 'ClusterIssuer', exposure.tls.issuerRef.name)
  expect(spec.acme.solvers).toEqual([{ http01: { ingress: { ingressClassName: exposure.ingress.className } } }])
})

describe('in several regions', () => {
  const withDns01 = (dns01: Loose): Environment => ({
    ...regional,
    certificates: { namespace: 'cert-manager', acme: { email: 'a@chat-app.com', dns01 } },
  })
  const solvers = (environment: Environment) =>
    one(objects(environment), 'ClusterIssuer', 'letsencrypt-prod').spec.acme.solvers

  test('the DNS solves the challenges, with a token from Vault in the namespace of cert-manager', () => {
    const secret = { name: 'dns-token', key: 'api-token' }
    expect(solvers(regional)).toEqual([{ dns01: { cloudflare: { apiTokenSecretRef: secret } } }])
    const { metadata, spec } = one(objects(regional), 'ExternalSecret', secret.name)
    expect(metadata.namespace).toBe('cert-manager')
    expect(Object.keys(spec.target.template.data)).toEqual([secret.key])
  })

  test('signed DNS updates solve the challenges', () => {
    const updates = { provider: 'rfc2136', nameserver: '10.0.0.53:53', keyName: 'acme', algorithm: 'HMACSHA256' }
    const rfc2136 = {
      nameserver: '10.0.0.53:53',
      tsigKeyName: 'acme',
      tsigAlgorithm: 'HMACSHA256',
      tsigSecretSecretRef: { name: 'dns-key', key: 'tsig-secret' },
    }
    expect(solvers(withDns01({ ...updates, secret: 'dns-key' }))).toEqual([{ dns01: { rfc2136 } }])
  })

  test('a webhook solves the challenges with credentials of its own', () => {
    const webhook = { groupName: 'acme.example.com', solverName: 'example', config: { zone: 'chat-app.com' } }
    const environment = withDns01({ provider: 'webhook', ...webhook })
    expect(solvers(environment)).toEqual([{ dns01: { webhook } }])
    const stores = objects(environment).filter(({ kind }) => kind === 'SecretStore')
    expect(stores.map(({ metadata }) => metadata.namespace)).not.toContain('cert-manager')
  })

  test('HTTP challenges are rejected: only one region could answer them', () => {
    const certificates = {
      namespace: 'cert-manager',
      acme: { email: 'a@chat-app.com', ingressClassName: 'haproxy' },
    }
    expect(() => objects({ ...regional, certificates })).toThrow(
      'certificates.acme.dns01: must be set for an environment of several regions: HTTP challenges reach only the region that a host resolves to',
    )
  })

  test('both kinds of challenges at once, or none, are rejected', () => {
    const acme = { email: 'a@chat-app.com' }
    for (const ways of [{}, { ingressClassName: 'haproxy', dns01: { provider: 'cloudflare', secret: 'a' } as const }])
      expect(() =>
        objects({ ...regional, certificates: { namespace: 'cert-manager', acme: { ...acme, ...ways } } }),
      ).toThrow('certificates.acme: must have either ingressClassName, to answer challenges over HTTP, or dns01')
  })
})

test('a token of a DNS provider needs Vault', () => {
  const { regions: _, ...environment } = regional
  const { vaultSecret: _vault, ...database } = regional.database as Loose
  expect(() => objects({ ...environment, database, secrets: { kind: 'generated' } })).toThrow(
    'secrets.kind: must be vault where certificates.acme.dns01 names a Secret',
  )
})

test('the authority of the databases is signed by the root, which the ChatApp trusts', () => {
  const all = objects(regional)
  expect(one(all, 'Issuer', 'platform-ca')).toMatchObject({
    metadata: { namespace: 'data' },
    spec: { ca: { secretName: 'platform-ca' } },
  })
  const certificate = (name: string) => one(all, 'Certificate', name)
  expect(certificate('platform-ca').spec).toMatchObject({
    isCA: true,
    issuerRef: { kind: 'ClusterIssuer', name: 'platform-root' },
  })
  expect(certificate('platform-trust')).toMatchObject({
    metadata: { namespace: 'chat' },
    spec: { issuerRef: { kind: 'ClusterIssuer', name: 'platform-root' } },
  })
  expect(certificate('platform-root').metadata.namespace).toBe('cert-manager')
})

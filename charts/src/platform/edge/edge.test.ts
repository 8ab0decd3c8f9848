import { prod, staging } from '@chat-app/environments'
import { expect, test } from 'vitest'
import { activeCluster, one, type Loose } from '../../testing.ts'
import { applied } from '../bundle.ts'
import { clustersOf } from '../cluster.ts'
import type { Environment } from '../values.ts'

const base = staging.edge
if (base === undefined) throw new Error('staging has no page')
const withPages = (edge: Partial<NonNullable<Environment['edge']>>): Environment => ({
  ...staging,
  edge: { ...base, ...edge },
})
const objects = (environment: Environment) => applied(activeCluster(environment)) as Loose[]

test('a page is an Ingress of its own in the namespace of what it shows, with a certificate', () => {
  const { metadata, spec } = one(objects(staging), 'Ingress', 'kibana')
  expect(metadata).toMatchObject({
    namespace: 'logging',
    annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt-prod', 'haproxy.org/server-ssl': 'true' },
  })
  expect(spec).toMatchObject({
    ingressClassName: 'haproxy',
    tls: [{ hosts: ['logs.staging.chat-app.com'] }],
    rules: [{ host: 'logs.staging.chat-app.com' }],
  })
})

test('a page of a region has a host of its own: it shows what is in that region alone', () => {
  const hosts = clustersOf(prod).map(
    (cluster) => one(applied(cluster) as Loose[], 'Ingress', 'kibana').spec.rules[0].host,
  )
  expect(hosts).toEqual(['eu-central.logs.chat-app.com', 'us-east.logs.chat-app.com'])
})

test('a page without a login of its own is refused, unless the ingress controller asks', () => {
  const pages = { prometheus: 'metrics.staging.chat-app.com' }
  expect(() => objects(withPages({ pages }))).toThrow(
    'edge.authentication: must be set for the pages of prometheus and alertmanager: they have no login of their own',
  )
  const authentication = { 'haproxy.org/auth-type': 'basic-auth', 'haproxy.org/auth-secret': 'monitoring/pages' }
  const { metadata } = one(objects(withPages({ pages, authentication })), 'Ingress', 'prometheus')
  expect(metadata.namespace).toBe('monitoring')
  expect(metadata.annotations).toMatchObject(authentication)
  expect(metadata.annotations).not.toHaveProperty('haproxy.org/server-ssl')
})

test('a page of what the environment does not have is refused', () => {
  const { logs: _, ...without } = withPages({})
  expect(() => objects(without)).toThrow('edge.pages.kibana: is a page of a part that this environment does not have')
})

test('the issuers that a ChatApp names are there', () => {
  for (const environment of [staging, prod]) {
    const exposure = (environment.chatApp.spec as Loose).exposure
    const { spec } = one(objects(environment), 'ClusterIssuer', exposure.tls.issuerRef.name)
    expect(spec.acme.solvers).toEqual([{ http01: { ingress: { ingressClassName: exposure.ingress.className } } }])
  }
})

test('the authority of the databases is signed by the root, which the ChatApp trusts', () => {
  const all = objects(prod)
  expect(one(all, 'Issuer', 'platform-ca')).toMatchObject({
    metadata: { namespace: 'chat-app-db' },
    spec: { ca: { secretName: 'platform-ca' } },
  })
  const certificate = (name: string) => one(all, 'Certificate', name)
  expect(certificate('platform-ca').spec).toMatchObject({
    isCA: true,
    issuerRef: { kind: 'ClusterIssuer', name: 'platform-root' },
  })
  expect(certificate('platform-trust')).toMatchObject({
    metadata: { namespace: 'chat-app' },
    spec: { issuerRef: { kind: 'ClusterIssuer', name: 'platform-root' } },
  })
  expect(certificate('platform-root').metadata.namespace).toBe('cert-manager')
})

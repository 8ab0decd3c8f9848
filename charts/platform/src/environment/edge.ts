import { z } from 'zod'
import { annotations, count, hasValidPort, host, objectName } from './fields.ts'

const PAGE_NAMES = ['prometheus', 'alertmanager', 'grafana', 'minio', 'kibana'] as const

/** The pages without a login of their own. */
const PAGES_WITHOUT_LOGIN: readonly PageName[] = ['prometheus', 'alertmanager']

/** The DNS provider for the challenges. Each Secret is in the namespace of cert-manager. */
const dns01 = z.discriminatedUnion('provider', [
  z
    .strictObject({
      provider: z.literal('cloudflare'),
      /** Secret whose key `api-token` is a token that may edit the zone. */
      secret: objectName(),
    })
    .readonly(),
  /** Signed dynamic updates, for BIND, Knot and PowerDNS. */
  z
    .strictObject({
      provider: z.literal('rfc2136'),
      /** `HOST` or `HOST:PORT`. @default port 53 */
      nameserver: z
        .string()
        .regex(
          /^([a-zA-Z0-9.-]{1,253}|\[[0-9a-f:]+\])(:\d{1,5})?$/,
          'must be an address such as 10.0.0.53 or ns.chat-app.com:53',
        )
        .refine(hasValidPort, 'must have a port of 1 to 65535'),
      keyName: z.string().regex(/^[\w.-]{1,253}$/, 'must be the name of a TSIG key, such as acme-key.'),
      algorithm: z.enum(['HMACSHA256', 'HMACSHA512']),
      /** Secret whose key `tsig-secret` is the key that signs the updates. */
      secret: objectName(),
    })
    .readonly(),
  /** A webhook solver of cert-manager. It brings its own credentials. */
  z
    .strictObject({
      provider: z.literal('webhook'),
      groupName: host,
      solverName: objectName(),
      /** @default none */
      config: z.record(z.string(), z.json()).readonly().exactOptional(),
    })
    .readonly(),
])

/** The account at Let's Encrypt, and how challenges are answered. */
const acme = z
  .strictObject({
    /** The e-mail address that is notified of certificates that were not renewed. */
    email: z.email(),
    /** Class of the Ingresses that answer challenges over HTTP. @default in the DNS */
    ingressClassName: objectName().exactOptional(),
    /**
     * Answers challenges in the DNS, also for hosts that resolve to another cluster or are private.
     *
     * @default over HTTP
     */
    dns01: dns01.exactOptional(),
  })
  .readonly()
  .refine(({ ingressClassName, dns01 }) => (ingressClassName === undefined) !== (dns01 === undefined), {
    message: 'must have either ingressClassName, to answer challenges over HTTP, or dns01',
  })

/** The settings of cert-manager. */
export const certificatesValues = z
  .strictObject({
    /** The namespace of cert-manager, which also holds the key of the platform's root authority. */
    namespace: objectName(),
    /** Let's Encrypt. @default none */
    acme: acme.exactOptional(),
  })
  .readonly()
export type AcmeValues = z.output<typeof acme>
export type Dns01Values = z.output<typeof dns01>

export type PageName = (typeof PAGE_NAMES)[number]

/**
 * How other regions reach the storage through the ingress controller. The admin API of MinIO is reachable too, so
 * access is limited.
 */
const replication = z
  .strictObject({
    /** Class of an ingress controller that only the regions can reach. @default the class of the pages */
    ingressClassName: objectName().exactOptional(),
    /** Annotations that limit the source addresses, such as `haproxy.org/allow-list`. @default none */
    annotations: annotations.exactOptional(),
  })
  .readonly()

/** The pages of the platform, each at a host of its own. */
export const edgeValues = z
  .strictObject({
    ingressClassName: objectName(),
    /** ClusterIssuer of their certificates. */
    issuer: objectName(),
    /** Annotations that make the ingress controller ask for a login. @default only the page asks */
    authentication: annotations.exactOptional(),
    /** Annotations that make the ingress controller use TLS to the pods of a page. */
    tlsBackend: annotations,
    /** The host of each page. With regions, the host in a region is `<region>.<host>`. */
    pages: z.partialRecord(z.enum(PAGE_NAMES), host).readonly(),
    /** HTTPS port of the ingress controller's pods. @default 8443 */
    controllerPort: count(1, 65_535).exactOptional(),
    /** @default nothing is replicated through the ingress controller */
    replication: replication.exactOptional(),
  })
  .readonly()
  .refine(
    ({ ingressClassName, replication }) => replication === undefined || isLimited(replication, ingressClassName),
    {
      path: ['replication'],
      message:
        'must have an ingressClassName other than edge.ingressClassName, or annotations that limit who may connect: the admin API of MinIO is reachable through it',
    },
  )
  .refine(
    ({ pages, authentication = {} }) =>
      Object.keys(authentication).length > 0 || !PAGES_WITHOUT_LOGIN.some((name) => name in pages),
    {
      path: ['authentication'],
      message: `must be set for the pages of ${PAGES_WITHOUT_LOGIN.join(' and ')}: they have no login of their own`,
    },
  )

function isLimited({ ingressClassName, annotations = {} }: z.output<typeof replication>, pagesClass: string): boolean {
  return Object.keys(annotations).length > 0 || (ingressClassName !== undefined && ingressClassName !== pagesClass)
}

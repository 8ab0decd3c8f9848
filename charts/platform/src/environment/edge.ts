import { z } from 'zod'
import { annotations, count, hasValidPort, host, objectName } from './fields.ts'

/** Whose DNS cert-manager writes the answers to challenges into. Each Secret stands in its namespace. */
const dns01 = z.discriminatedUnion('provider', [
  z
    .strictObject({
      provider: z.literal('cloudflare'),
      /** Secret whose key `api-token` may edit the records of the zone. */
      secret: objectName(),
    })
    .readonly(),
  /** Dynamic updates, signed: BIND, Knot, PowerDNS. */
  z
    .strictObject({
      provider: z.literal('rfc2136'),
      /** Address of the server, with its port where it is not 53. */
      nameserver: z
        .string()
        .regex(
          /^([a-zA-Z0-9.-]{1,253}|\[[0-9a-f:]+\])(:\d{1,5})?$/,
          'must be an address such as 10.0.0.53 or ns.chat-app.com:53',
        )
        .refine(hasValidPort, 'must have a port of 1 to 65535'),
      keyName: z.string().regex(/^[\w.-]{1,253}$/, 'must be the name of a TSIG key, such as acme-key.'),
      algorithm: z.enum(['HMACSHA256', 'HMACSHA512']),
      /** Secret whose key `tsig-secret` signs the updates. */
      secret: objectName(),
    })
    .readonly(),
  /** A program of one's own, or of a provider's; where its credentials stand is its own matter. */
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

/** Let's Encrypt, and how it finds out that a host is ours. */
const acme = z
  .strictObject({
    /** Is told when a certificate was not renewed in time. */
    email: z.email(),
    /** Class of the Ingresses that answer its challenges over HTTP. @default by DNS */
    ingressClassName: objectName().exactOptional(),
    /** Answers in the DNS, also for hosts that lead elsewhere or that only a private network reaches. @default over HTTP */
    dns01: dns01.exactOptional(),
  })
  .readonly()
  .refine(({ ingressClassName, dns01 }) => (ingressClassName === undefined) !== (dns01 === undefined), {
    message: 'must have either ingressClassName, to answer challenges over HTTP, or dns01',
  })

/** What cert-manager needs to know to issue certificates here. */
export const certificatesValues = z
  .strictObject({
    /** Where cert-manager runs: the key of the platform's root authority stands there. */
    namespace: objectName(),
    /** Let's Encrypt. @default none */
    acme: acme.exactOptional(),
  })
  .readonly()
export type AcmeValues = z.output<typeof acme>
export type Dns01Values = z.output<typeof dns01>

const pageNames = ['prometheus', 'alertmanager', 'minio', 'kibana'] as const
export type PageName = (typeof pageNames)[number]

/** These ask nobody who they are. */
const open: readonly PageName[] = ['prometheus', 'alertmanager']

/** How the storage of the other regions comes in: MinIO's administration goes over it, so not as the public does. */
const replication = z
  .strictObject({
    /** Class of an ingress controller that only the regions reach. @default that of the pages */
    ingressClassName: objectName().exactOptional(),
    /** By which the ingress controller takes only addresses of the regions, such as `haproxy.org/allow-list`. @default none */
    annotations: annotations.exactOptional(),
  })
  .readonly()

/** The platform's own pages, each at a host of its own. */
export const edgeValues = z
  .strictObject({
    ingressClassName: objectName(),
    /** ClusterIssuer of their certificates. */
    issuer: objectName(),
    /** Annotations by which the ingress controller asks who somebody is. @default each page asks by itself */
    authentication: annotations.exactOptional(),
    /** Annotations by which it speaks TLS to a page. */
    tlsBackend: annotations,
    /** The host of each page. With regions, that of a region is `<region>.<host>`. */
    pages: z.partialRecord(z.enum(pageNames), host).readonly(),
    /** Port of the ingress controller's pods for HTTPS. @default 8443 */
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
    ({ pages, authentication = {} }) => Object.keys(authentication).length > 0 || !open.some((name) => name in pages),
    {
      path: ['authentication'],
      message: `must be set for the pages of ${open.join(' and ')}: they have no login of their own`,
    },
  )

function isLimited({ ingressClassName, annotations = {} }: z.output<typeof replication>, pagesClass: string): boolean {
  return Object.keys(annotations).length > 0 || (ingressClassName !== undefined && ingressClassName !== pagesClass)
}

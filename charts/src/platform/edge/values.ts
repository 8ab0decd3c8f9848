import { z } from 'zod'
import { objectName } from '../fields.ts'

/** What cert-manager needs to know to issue certificates here. */
export const certificatesValues = z
  .strictObject({
    /** Where cert-manager runs: the key of the platform's root authority stands there. */
    namespace: objectName(),
    /** Let's Encrypt, for hosts that the internet reaches. @default none */
    acme: z
      .strictObject({
        /** Is told when a certificate was not renewed in time. */
        email: z.email(),
        /** Class of the Ingresses that answer its challenges over HTTP. */
        ingressClassName: objectName(),
      })
      .readonly()
      .exactOptional(),
  })
  .readonly()

const annotations = z.record(z.string(), z.string()).readonly()

const pageNames = ['prometheus', 'alertmanager', 'minio', 'kibana'] as const
export type PageName = (typeof pageNames)[number]

/** These ask nobody who they are. */
const open: readonly PageName[] = ['prometheus', 'alertmanager']

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
    pages: z.partialRecord(z.enum(pageNames), z.hostname()).readonly(),
  })
  .readonly()
  .refine(({ pages, authentication }) => authentication !== undefined || !open.some((name) => name in pages), {
    path: ['authentication'],
    message: `must be set for the pages of ${open.join(' and ')}: they have no login of their own`,
  })

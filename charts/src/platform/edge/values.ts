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

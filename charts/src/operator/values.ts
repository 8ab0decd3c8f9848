import { z } from 'zod'
import { count, image, objectName, resources } from '../platform/fields.ts'

/** What makes one installation of the operator differ from another. */
export const operatorValues = z
  .strictObject({
    /** The operator's own namespace, which holds nothing else. */
    namespace: objectName(),
    image,
    /** The operator's release. */
    version: z.string(),
    /** Two stand by each other: one works, the other takes over by the Lease. */
    replicas: count(1, 5),
    /** The namespaces whose ChatApps it looks after; it may do nothing in any other. */
    watchNamespaces: z.array(objectName()).min(1).readonly(),
    /**
     * Namespaces in which it may read the database and Redis clusters that a ChatApp's clusterRef waits for.
     * @default none
     */
    clusterNamespaces: z.array(objectName()).readonly().exactOptional(),
    /**
     * Secrets in the operator's namespace with the login of the registry that has its image.
     * @default none
     */
    imagePullSecrets: z.array(objectName()).readonly().exactOptional(),
    resources,
  })
  .readonly()
export type OperatorValues = z.output<typeof operatorValues>

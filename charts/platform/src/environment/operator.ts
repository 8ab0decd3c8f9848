import { z } from 'zod'
import { count, distinct, image, namespaceName, objectName, resources } from './fields.ts'

/** What makes one installation of the operator differ from another. */
export const operatorValues = z
  .strictObject({
    /** The operator's own namespace, which holds nothing else. */
    namespace: namespaceName,
    image,
    /** The operator's release. */
    version: z
      .string()
      .max(63, 'must have at most 63 characters: it is the value of a label')
      .regex(/^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/, 'must be a release such as 1.4.2'),
    /** Two stand by each other: one works, the other takes over by the Lease. */
    replicas: count(1, 5),
    /** The namespaces whose ChatApps it looks after; it may do nothing in any other. */
    watchNamespaces: distinct(namespaceName, 1),
    /**
     * Namespaces in which it may read the database and Redis clusters that a ChatApp's clusterRef waits for.
     * @default none
     */
    clusterNamespaces: distinct(namespaceName).exactOptional(),
    /**
     * Secrets with the login of the registry that has its image: in the operator's namespace, and in that of an encrypted database, whose
     * token is renewed by the same image.
     * @default none
     */
    imagePullSecrets: distinct(objectName()).exactOptional(),
    resources,
  })
  .readonly()
export type OperatorValues = z.output<typeof operatorValues>

/** The pod's `imagePullSecrets`, where its image needs a login. */
export function pullSecrets({ imagePullSecrets = [] }: OperatorValues) {
  return imagePullSecrets.length > 0 ? { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) } : {}
}

import { z } from 'zod'
import { count, distinct, namespaceName, objectName, registry, resources } from './fields.ts'

/** The values of an installation of the operator. */
export const operatorValues = z
  .strictObject({
    /** The namespace of the operator, with nothing else in it. */
    namespace: namespaceName,
    /** The part of the image's name before `/operator`. @default that of `images.registry` */
    registry: registry.exactOptional(),
    /** The operator's release: the tag of its image, and the value of a label. */
    version: z
      .string()
      .max(63, 'must have at most 63 characters: it is the value of a label')
      .regex(/^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/, 'must be a release such as 1.4.2'),
    /** Number of pods: one works, and another takes over through the Lease. */
    replicas: count(1, 5),
    /** The namespaces whose ChatApps it reconciles. It has no permissions in others. */
    watchNamespaces: distinct(namespaceName, 1),
    /**
     * The namespaces in which it may read the clusters that a ChatApp's clusterRef names.
     * @default none
     */
    clusterNamespaces: distinct(namespaceName).exactOptional(),
    /**
     * Secrets with the login of the image's registry, in the namespace of the operator and in that of an encrypted
     * database, where the same image renews the token of Vault.
     * @default none
     */
    imagePullSecrets: distinct(objectName()).exactOptional(),
    resources,
  })
  .readonly()
export type OperatorSettings = z.output<typeof operatorValues>

/** The values of an installation, with its image as a whole. */
export interface OperatorValues extends Omit<OperatorSettings, 'registry'> {
  readonly image: string
}

/** Where the project's own images are. */
export const DEFAULT_REGISTRY = 'registry.example.com/chat-app'

/** The values of an installation, with the image that `registry` and `version` name. */
export function withImage({ registry = DEFAULT_REGISTRY, ...values }: OperatorSettings): OperatorValues {
  return { ...values, image: `${registry}/operator:${values.version}` }
}

/** The `imagePullSecrets` of a pod with the operator's image; empty when the registry needs no login. */
export function pullSecrets({ imagePullSecrets = [] }: Pick<OperatorSettings, 'imagePullSecrets'>) {
  return imagePullSecrets.length > 0 ? { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) } : {}
}

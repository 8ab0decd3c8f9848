import { z } from 'zod'
import { annotations, distinct, labels, namespaceName, objectName, registry } from './fields.ts'

/** Where all images come from. */
const images = z
  .strictObject({
    /** The registry, with a path, of the project's own images: `<registry>/operator`, `<registry>/chat-service`. */
    registry: registry.exactOptional(),
    /** Replaces the host of the registry of every image, the own ones and those of third parties. @default none */
    mirror: registry.exactOptional(),
    /** Secret (kubernetes.io/dockerconfigjson) that every pod pulls its images with, in each namespace. @default none */
    pullSecret: objectName().exactOptional(),
  })
  .readonly()

const target = z
  .strictObject({
    kind: z
      .string()
      .regex(/^[A-Z][A-Za-z0-9]{0,62}$/, 'must be a kind, such as PerconaXtraDBCluster')
      .refine((kind) => kind !== 'ChatApp', 'must not be ChatApp: set chatApp.spec, from which the operator renders'),
    /** The name of the object; that of a Job without the hash at its end. */
    name: z.string().min(1, 'must be the name of an object').max(253, 'must have at most 253 characters'),
    /** @default every namespace with such an object */
    namespace: objectName().exactOptional(),
  })
  .readonly()

const pointer = z.string().regex(/^(\/([^~/]|~[01])*)+$/, 'must be a JSON pointer, such as /spec/replicas')

const operation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['add', 'replace', 'test']), path: pointer, value: z.json() }).readonly(),
  z.strictObject({ op: z.literal('remove'), path: pointer }).readonly(),
  z.strictObject({ op: z.enum(['move', 'copy']), from: pointer, path: pointer }).readonly(),
])
export type Operation = z.output<typeof operation>

/** A change of objects that the values of a part cannot say. */
const patch = z
  .strictObject({
    target,
    /**
     * A part of the object that is merged into it, as `kubectl patch` does: objects field by field, containers, volumes
     * and variables by name, other lists as a whole; null removes a field.
     */
    strategic: z.record(z.string(), z.json()).readonly().exactOptional(),
    /** Operations of RFC 6902. */
    json: z.array(operation).min(1).max(100).readonly().exactOptional(),
  })
  .readonly()
  .refine(({ strategic, json }) => (strategic === undefined) !== (json === undefined), {
    message: 'must have either strategic, a part of the object, or json, a list of operations',
  })
export type PatchValues = z.output<typeof patch>

/** An object that is applied with the others. */
const manifest = z
  .looseObject({
    apiVersion: z.string().regex(/^([a-z0-9.-]+\/)?v\d\w*$/, 'must be a version of an API, such as apps/v1'),
    kind: z
      .string()
      .regex(/^[A-Z][A-Za-z0-9]{0,62}$/, 'must be a kind')
      .refine((kind) => kind !== 'Secret', 'must not be a Secret: no value of a credential is in any output'),
    metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().exactOptional() }).readonly(),
  })
  .readonly()

/** Pods, or addresses, at one end of a connection. */
const connectionEnd = z
  .union([
    z
      .strictObject({
        namespace: objectName(),
        /** @default all pods of the namespace */
        labels: labels.exactOptional(),
      })
      .readonly(),
    z.strictObject({ ranges: distinct(z.union([z.cidrv4(), z.cidrv6()]), 1) }).readonly(),
  ])
  .readonly()
export type ConnectionEnd = z.output<typeof connectionEnd>

const connection = z
  .strictObject({
    from: connectionEnd,
    to: connectionEnd,
    ports: distinct(z.int().min(1).max(65_535), 1),
    why: z.string().min(1, 'must say what the connection is for').max(200),
  })
  .readonly()

const OWN_LABEL = /^(app\.kubernetes\.io|pod-security\.kubernetes\.io|kubernetes\.io|chat-app\.com)\//

/** Values that apply to everything in an environment. */
export const customValues = {
  /** @default each image as its part names it */
  images: images.exactOptional(),
  /** The StorageClass of every volume whose part names none. @default the cluster's default class */
  storageClassName: objectName().exactOptional(),
  /**
   * Namespaces that somebody else made: they get no Namespace, quota, Pod Security level or NetworkPolicies of the
   * platform.
   *
   * @default none
   */
  existingNamespaces: distinct(namespaceName).exactOptional(),
  /** Labels of every object. @default none */
  labels: labels
    .superRefine((all, context) => {
      for (const name of Object.keys(all).filter((name) => OWN_LABEL.test(name)))
        context.addIssue({ code: 'custom', path: [name], message: 'must not be a label that the platform sets itself' })
    })
    .exactOptional(),
  /** Annotations of every object. @default none */
  annotations: annotations.exactOptional(),
  /** @default none */
  patches: z.array(patch).max(100).readonly().exactOptional(),
  /** Objects of your own. They are applied before the ChatApp. @default none */
  manifests: z.array(manifest).max(500).readonly().exactOptional(),
  /** Connections that the NetworkPolicies allow besides those of the platform. @default none */
  connections: z.array(connection).max(100).readonly().exactOptional(),
}

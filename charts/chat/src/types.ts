import type { Component } from './components.ts'

/** Any Kubernetes object as plain JSON, as it is written to a file and sent to the API server. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    ownerReferences?: OwnerReference[]
    [field: string]: unknown
  }
  [field: string]: unknown
}

/** The ChatApp as controlling owner: its children are garbage-collected with it. */
export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller: true
  blockOwnerDeletion: true
}

/** State of the cluster that rendering needs; all else follows from the ChatApp alone. */
export interface Facts {
  /**
   * The stored ChatApp, which owns the children.
   *
   * @default the children have no owner
   */
  readonly owner?: { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string }
  /** Hash of each value of `model.secrets` that exists and rolls the pods when it changes, by `name/key` of its Secret. */
  readonly secretHashes: Readonly<Record<string, string>>
  /** Those of `optionalKinds` that the cluster serves, as `group/Kind`. */
  readonly installedKinds: ReadonlySet<string>
  /** The live number of replicas of a service with an autoscaler. */
  readonly replicas: Readonly<Partial<Record<Component, number>>>
}

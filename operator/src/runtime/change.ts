import type { KubeObject } from './types.ts'

/** What changed in a store. An object that was deleted and created again is two changes. */
export type Change =
  | { readonly type: 'added' | 'modified'; readonly object: KubeObject; readonly previous?: KubeObject }
  | { readonly type: 'deleted'; readonly object: KubeObject }

/** Where a reflector puts the objects that it reads. Each method returns what it changed. */
export interface ObjectStore {
  upsert(object: KubeObject): Change[]
  remove(object: KubeObject): Change[]
  /** Takes a complete list of one namespace, as of the resourceVersion `listVersion`. */
  replace(objects: readonly KubeObject[], listVersion: string | undefined, namespace: string): Change[]
}

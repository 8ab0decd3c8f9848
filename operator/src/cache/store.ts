import type { Change, ObjectStore } from '../runtime/change.ts'
import { keyOf, type KubeObject } from '../runtime/types.ts'
import { remember } from '../runtime/remember.ts'

/** An answer arrives at most some seconds after the event of a deletion; fewer objects are deleted in that time. */
const REMEMBERED_DELETIONS = 1000

export type Indexers = Readonly<Record<string, (object: KubeObject) => readonly string[]>>

/**
 * Objects of one kind by `namespace/name`, with indexes. It never goes back in time: an object older than the one it
 * holds is ignored, so that the answer of a write can be stored before its watch event arrives.
 */
export class Store implements ObjectStore {
  readonly #objects = new Map<string, KubeObject>()
  readonly #indexers: Indexers
  readonly #indexes = new Map<string, Map<string, Set<string>>>()
  readonly #deletions = new Map<string, string | undefined>()

  constructor(indexers: Indexers = {}) {
    this.#indexers = indexers
    for (const name of Object.keys(indexers)) this.#indexes.set(name, new Map())
  }

  get size(): number {
    return this.#objects.size
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`)
  }

  all(): KubeObject[] {
    return [...this.#objects.values()]
  }

  /** The objects for which the indexer `index` returned `value`. */
  by(index: string, value: string): KubeObject[] {
    const keys = this.#indexes.get(index)?.get(value) ?? []
    return [...keys].flatMap((key) => this.#objects.get(key) ?? [])
  }

  /**
   * Stores an object and returns what changed: nothing for a known version; a deletion and an addition for an object that
   * was deleted and created again, so that a caller which follows the old object sees its end.
   */
  upsert(object: KubeObject): Change[] {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    if (previous === undefined) {
      // The answer of a write may arrive after the event of a later deletion.
      if (compareVersions(this.#deletions.get(key), object.metadata.resourceVersion) > 0) return []
      this.#set(key, object)
      return [{ type: 'added', object }]
    }
    const isSame = previous.metadata.uid === object.metadata.uid
    const [old, now] = [previous.metadata.resourceVersion, object.metadata.resourceVersion]
    if ((isSame && old === now) || compareVersions(now, old) < 0) return []
    this.#unset(key, previous)
    this.#set(key, object)
    if (isSame) return [{ type: 'modified', object, previous }]
    return [
      { type: 'deleted', object: previous },
      { type: 'added', object },
    ]
  }

  /** Removes an object, unless another one has its name now. */
  remove(object: KubeObject): Change[] {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    if (previous === undefined || previous.metadata.uid !== object.metadata.uid) return []
    this.#unset(key, previous)
    remember(this.#deletions, key, object.metadata.resourceVersion, REMEMBERED_DELETIONS)
    return [{ type: 'deleted', object }]
  }

  /**
   * Takes a complete list of one namespace: an object that is not in it was deleted while no watch was open. Objects of
   * other namespaces have lists of their own and stay.
   */
  replace(objects: readonly KubeObject[], listVersion: string | undefined, namespace: string): Change[] {
    const listed = new Set(objects.map(keyOf))
    const changes: Change[] = []
    for (const object of this.all()) {
      if (object.metadata.namespace !== namespace) continue
      const isNewerThanList = compareVersions(object.metadata.resourceVersion, listVersion) > 0
      if (!listed.has(keyOf(object)) && !isNewerThanList) changes.push(...this.remove(object))
    }
    for (const object of objects) changes.push(...this.upsert(object))
    return changes
  }

  #set(key: string, object: KubeObject): void {
    this.#objects.set(key, object)
    for (const [index, valuesOf] of Object.entries(this.#indexers)) {
      const entries = this.#indexes.get(index)!
      for (const value of valuesOf(object)) {
        const keys = entries.get(value)
        if (keys === undefined) entries.set(value, new Set([key]))
        else keys.add(key)
      }
    }
  }

  #unset(key: string, object: KubeObject): void {
    this.#objects.delete(key)
    for (const [index, valuesOf] of Object.entries(this.#indexers)) {
      const entries = this.#indexes.get(index)!
      for (const value of valuesOf(object)) {
        const keys = entries.get(value)
        keys?.delete(key)
        if (keys?.size === 0) entries.delete(value)
      }
    }
  }
}

/**
 * Compares resourceVersions as numbers, which the built-in storage guarantees (KEP-5504). The order of other texts is
 * unknown: 0, so that the later arrival wins.
 */
function compareVersions(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return 0
  return a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : a.length - b.length
}

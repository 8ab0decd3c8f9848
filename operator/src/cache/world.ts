import { KIND } from '@chat-app/crds'
import { controllerOf, keyOf, type KubeObject } from '../runtime/types.ts'
import { instanceKeyOf, type ChatAppObject } from './chat-app.ts'
import { Refusals } from './refusals.ts'
import { Store } from './store.ts'

/** All objects that the operator has read: one store for each kind, filled by the reflectors of all watched namespaces. */
export class World {
  readonly #stores = new Map<string, Store>()
  /** Why pods of children were last refused. */
  readonly refusals = new Refusals()

  /** The store of a kind. It finds objects by the UID of their controller, and by the ChatApp that their label names. */
  store(kind: string): Store {
    const present = this.#stores.get(kind)
    if (present !== undefined) return present
    const store = new Store({
      controller: (object) => listOf(controllerOf(object)?.uid),
      instance: (object) => listOf(instanceKeyOf(object)),
    })
    this.#stores.set(kind, store)
    return store
  }

  /** Forgets all objects of a kind that the cluster does not serve any more. */
  drop(kind: string): void {
    this.#stores.delete(kind)
  }

  /** @param key `namespace/name` */
  chatApp(key: string): ChatAppObject | undefined {
    const [namespace = '', name = ''] = key.split('/')
    const found = this.store(KIND).get(namespace, name)
    return found === undefined ? undefined : asChatApp(found)
  }

  chatApps(): ChatAppObject[] {
    return this.store(KIND).all().map(asChatApp)
  }

  /** The objects that a ChatApp controls and those that have its labels, of every kind that its children may have. */
  children(chatApp: ChatAppObject): KubeObject[] {
    const uid = chatApp.metadata.uid
    return [...this.#stores]
      .filter(([kind]) => kind !== 'Pod' && kind !== 'Secret' && kind !== KIND)
      .flatMap(([, store]) => [...new Set([...store.by('controller', uid), ...store.by('instance', keyOf(chatApp))])])
  }

  /** The pods that have the labels of a ChatApp. */
  pods(chatApp: ChatAppObject): KubeObject[] {
    return this.store('Pod').by('instance', keyOf(chatApp))
  }

  /** The digest of a Secret; its values are not stored. */
  secret(namespace: string, name: string): KubeObject | undefined {
    return this.store('Secret').get(namespace, name)
  }
}

function listOf(value: string | undefined): string[] {
  return value === undefined ? [] : [value]
}

function asChatApp(object: KubeObject): ChatAppObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API server checks ChatApps against the CRD
  return object as ChatAppObject
}

import { API_VERSION, KIND, PLURAL, GROUP, VERSION, type ChatApp } from '@chat-app/crds'
import { registerResource } from '../runtime/resources.ts'
import { Store } from './store.ts'
import { controllerOf, keyOf, type KubeObject, type Resource } from '../runtime/types.ts'

export const CHAT_APPS: Resource = { group: GROUP, version: VERSION, kind: KIND, plural: PLURAL }
registerResource(CHAT_APPS)

const INSTANCE = 'app.kubernetes.io/instance'

/** What the operator has seen of the cluster: one store a kind, filled by the reflectors of all watched namespaces. */
export class World {
  readonly #stores = new Map<string, Store>()

  /** The store of a kind. Objects are found by the UID of their controller and by `namespace/instance`. */
  store(kind: string): Store {
    const present = this.#stores.get(kind)
    if (present !== undefined) return present
    const store = new Store({
      controller: (object) => listOf(controllerOf(object)?.uid),
      instance: (object) => listOf(instanceKey(object)),
    })
    this.#stores.set(kind, store)
    return store
  }

  chatApp(key: string): ChatAppObject | undefined {
    const [namespace = '', name = ''] = key.split('/')
    const found = this.store(KIND).get(namespace, name)
    return found === undefined ? undefined : asChatApp(found)
  }

  chatApps(): ChatAppObject[] {
    return this.store(KIND).all().map(asChatApp)
  }

  /** All that a ChatApp controls, and what bears its labels, of every kind that it may have children of. */
  children(chatApp: ChatAppObject): KubeObject[] {
    const uid = chatApp.metadata.uid
    return [...this.#stores]
      .filter(([kind]) => kind !== 'Pod' && kind !== 'Secret' && kind !== KIND)
      .flatMap(([, store]) => [...new Set([...store.by('controller', uid), ...store.by('instance', keyOf(chatApp))])])
  }

  /** The pods that bear the labels of a ChatApp. */
  pods(chatApp: ChatAppObject): KubeObject[] {
    return this.store('Pod').by('instance', keyOf(chatApp))
  }

  secret(namespace: string, name: string): KubeObject | undefined {
    return this.store('Secret').get(namespace, name)
  }
}

/** A ChatApp as the API server has stored it. */
export type ChatAppObject = ChatApp & KubeObject & { readonly metadata: { readonly uid: string; namespace: string } }

/** The ChatApp that an object belongs to, as a key: by its controller, or by its labels where it has none of ours. */
export function chatAppKeyOf(object: KubeObject): string | undefined {
  const controller = controllerOf(object)
  if (controller?.apiVersion === API_VERSION && controller.kind === KIND) {
    return `${object.metadata.namespace ?? ''}/${controller.name}`
  }
  return instanceKey(object)
}

function instanceKey(object: KubeObject): string | undefined {
  const instance = object.metadata.labels?.[INSTANCE]
  return instance === undefined ? undefined : `${object.metadata.namespace ?? ''}/${instance}`
}

function listOf(value: string | undefined): string[] {
  return value === undefined ? [] : [value]
}

function asChatApp(object: KubeObject): ChatAppObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the store of ChatApps holds what the CRD let in
  return object as ChatAppObject
}

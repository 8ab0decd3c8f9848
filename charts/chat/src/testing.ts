import { API_VERSION, KIND, type ChatApp, type ChatAppSpecInput } from '@chat-app/crds'
import { declaredFacts, desired } from './desired.ts'
import { model } from './model.ts'
import type { Facts, KubernetesObject } from './types.ts'

/** A ChatApp for tests, called `chat` in the namespace `shop`. */
export function chatApp(spec: Partial<ChatAppSpecInput> = {}, metadata: object = {}): ChatApp {
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: 'chat', namespace: 'shop', ...metadata },
    spec: { version: '1.4.2', ...spec },
  }
}

/** The rendered children of that ChatApp, to be found by kind and name. */
export function rendered(spec: Partial<ChatAppSpecInput> = {}, facts: Partial<Facts> = {}) {
  const objects = desired(model(chatApp(spec)), { ...declaredFacts, ...facts })
  return {
    objects,
    kinds: () => objects.map(({ kind }) => kind),
    all: (kind: string) => objects.filter((object) => object.kind === kind),
    find: (kind: string, name: string) =>
      objects.find((object) => object.kind === kind && object.metadata.name === name),
    get: (kind: string, name: string) => one(objects, kind, name),
  }
}

/**
 * The object of a kind whose name begins with `name`, untyped.
 *
 * @throws Error when there is none, or several
 */
export function one(objects: readonly KubernetesObject[], kind: string, name: string): Loose {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name.startsWith(name))
  if (found.length !== 1) throw new Error(`${found.length} objects of kind ${kind} and name ${name}`)
  return found[0] as Loose
}

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads JSON whose shape it checks.
export type Loose = any

/** The PodSpec of a workload. */
export function podOf(object: Loose): Loose {
  return object.spec.template.spec
}

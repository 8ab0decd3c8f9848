import { model as resolve } from '@chat-app/chat'
import { KIND } from '@chat-app/crds'
import { keyOf, type KubeObject } from './kube/types.ts'
import type { Change } from './kube/store.ts'
import { chatAppKeyOf, type ChatAppObject, type World } from './world.ts'

/**
 * The ChatApps that a change concerns, as keys: the ChatApp itself, the owner of a child, and everyone who reads a
 * Secret.
 */
export function concernedBy({ object }: Change, world: World): string[] {
  if (object.kind === KIND) return [keyOf(object)]
  if (object.kind === 'Secret') return readersOf(object, world)
  const key = chatAppKeyOf(object)
  return key === undefined ? [] : [key]
}

function readersOf(secret: KubeObject, world: World): string[] {
  return world
    .chatApps()
    .filter((chatApp) => chatApp.metadata.namespace === secret.metadata.namespace)
    .filter((chatApp) => secretNames(chatApp).has(secret.metadata.name))
    .map(keyOf)
}

/** Computed once for each version of a ChatApp, and forgotten with it. */
const namesOf = new WeakMap<ChatAppObject, ReadonlySet<string>>()

function secretNames(chatApp: ChatAppObject): ReadonlySet<string> {
  const known = namesOf.get(chatApp)
  if (known !== undefined) return known
  const names = new Set(readSecretNames(chatApp))
  namesOf.set(chatApp, names)
  return names
}

function readSecretNames(chatApp: ChatAppObject): string[] {
  try {
    return resolve(chatApp).secrets.map(({ name }) => name)
  } catch {
    // A ChatApp that is not valid reads no Secret; its own reconciliation says what is wrong.
    return []
  }
}

import { model as resolve } from '@chat-app/chat'
import { EVENTS } from '@chat-app/chat/resources'
import { KIND } from '@chat-app/crds'
import type { Change } from '../runtime/change.ts'
import { keyOf, type KubeObject } from '../runtime/types.ts'
import { chatAppKeyOf, type ChatAppObject } from './chat-app.ts'
import { refusedChild } from './refusals.ts'
import type { World } from './world.ts'

/**
 * The ChatApps to reconcile after a change, as `namespace/name`: the ChatApp itself, the owner of a child or of one whose
 * pod was refused, and every ChatApp that uses a Secret.
 */
export function concernedChatApps({ object }: Change, world: World): string[] {
  if (object.kind === KIND) return [keyOf(object)]
  if (object.kind === 'Secret') return usersOf(object, world)
  const subject = object.kind === EVENTS.kind ? refusedIn(object, world) : object
  const key = subject && chatAppKeyOf(subject)
  return key === undefined ? [] : [key]
}

/** The Job or the Deployment that an Event is about. One that is read later concerns its ChatApp by itself. */
function refusedIn(event: KubeObject, world: World): KubeObject | undefined {
  const [kind = '', key = ''] = refusedChild(event)?.split(' ') ?? []
  const [namespace = '', name = ''] = key.split('/')
  return world.store(kind).get(namespace, name)
}

function usersOf(secret: KubeObject, world: World): string[] {
  return world
    .chatApps()
    .filter((chatApp) => chatApp.metadata.namespace === secret.metadata.namespace)
    .filter((chatApp) => secretNames(chatApp).has(secret.metadata.name))
    .map(keyOf)
}

/** Computed once for each stored version of a ChatApp, and collected with it. */
const secretNamesOf = new WeakMap<ChatAppObject, ReadonlySet<string>>()

function secretNames(chatApp: ChatAppObject): ReadonlySet<string> {
  const known = secretNamesOf.get(chatApp)
  if (known !== undefined) return known
  const names = new Set(readSecretNames(chatApp))
  secretNamesOf.set(chatApp, names)
  return names
}

function readSecretNames(chatApp: ChatAppObject): string[] {
  try {
    return resolve(chatApp).secrets.map(({ name }) => name)
  } catch {
    // The reconciliation of an invalid ChatApp reports what is wrong with it; it uses no Secret.
    return []
  }
}

import { byService, type Component, type Model } from '@chat-app/chat'
import type { World } from '../cache/world.ts'
import { defined } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

/** The live objects of a kind that have the names of the services. */
export function serviceObjects(
  kind: string,
  { services, namespace }: Model,
  world: World,
): Partial<Record<Component, KubeObject>> {
  return defined(byService(services, ({ name }) => world.store(kind).get(namespace, name)))
}

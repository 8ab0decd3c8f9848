import { MANAGED_BY } from '@chat-app/chat'
import { KIND } from '@chat-app/crds'
import { controllerOf, type KubeObject } from '../runtime/types.ts'

/** The ChatApp that owns its children. */
export interface Owner {
  readonly name: string
  readonly uid: string
}

/**
 * Who owns an object: `ours` is the ChatApp; `adoptable` has the labels of the ChatApp and no controller, as after a
 * deletion with `--cascade=orphan`; `former` belongs to a deleted ChatApp of the same name and will be garbage-collected;
 * `foreign` is every other object.
 */
export type Ownership = 'ours' | 'adoptable' | 'former' | 'foreign'

export function ownershipOf(object: KubeObject, owner: Owner): Ownership {
  const controller = controllerOf(object)
  if (controller?.uid === owner.uid) return 'ours'
  if (controller !== undefined) {
    return controller.kind === KIND && controller.name === owner.name ? 'former' : 'foreign'
  }
  const labels = object.metadata.labels ?? {}
  const hasLabels =
    labels['app.kubernetes.io/managed-by'] === MANAGED_BY && labels['app.kubernetes.io/instance'] === owner.name
  return hasLabels ? 'adoptable' : 'foreign'
}

/** The controller or the manager of a foreign object, for messages. */
export function holderOf(object: KubeObject): string {
  const controller = controllerOf(object)
  if (controller !== undefined) return `${controller.kind} ${controller.name}`
  const manager = object.metadata.labels?.['app.kubernetes.io/managed-by']
  return manager === undefined ? 'another manager' : manager
}

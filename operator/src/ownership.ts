import { MANAGED_BY } from '@chat-app/chat'
import { KIND } from '@chat-app/crds'
import { controllerOf, type KubeObject } from './kube/types.ts'

/** The ChatApp that owns. */
export interface Owner {
  readonly name: string
  readonly uid: string
}

/**
 * Whose an object is: `ours`; `adoptable` when it carries our labels and nobody controls it (a ChatApp deleted with
 * `--cascade=orphan` leaves such); `former` when it belongs to a deleted ChatApp of the same name and is about to be
 * garbage-collected; `foreign` otherwise.
 */
export type Ownership = 'ours' | 'adoptable' | 'former' | 'foreign'

export function ownershipOf(object: KubeObject, owner: Owner): Ownership {
  const controller = controllerOf(object)
  if (controller?.uid === owner.uid) return 'ours'
  if (controller !== undefined) {
    return controller.kind === KIND && controller.name === owner.name ? 'former' : 'foreign'
  }
  const labels = object.metadata.labels ?? {}
  const hasOurLabels =
    labels['app.kubernetes.io/managed-by'] === MANAGED_BY && labels['app.kubernetes.io/instance'] === owner.name
  return hasOurLabels ? 'adoptable' : 'foreign'
}

/** Names the one who has an object, for a message to the user. */
export function holderOf(object: KubeObject): string {
  const controller = controllerOf(object)
  if (controller !== undefined) return `${controller.kind} ${controller.name}`
  const manager = object.metadata.labels?.['app.kubernetes.io/managed-by']
  return manager === undefined ? 'somebody else' : manager
}

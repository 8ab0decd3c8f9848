import { MANAGED_BY } from '@chat-app/chat'
import {
  CHAT_APPS,
  CHILDREN,
  CONTROLLER_REVISIONS,
  EVENTS,
  PODS,
  SECRETS,
  type Resource,
} from '@chat-app/chat/resources'
import type { KubeObject } from '../runtime/types.ts'
import { digestSecret } from './secret-digest.ts'
import { slimPod } from './slim-pod.ts'

/** A kind that is watched in every namespace. */
export interface WatchedKind {
  readonly resource: Resource
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Reduces an object before it is stored. */
  readonly keep?: (object: KubeObject) => KubeObject
}

/** The API server sends only objects with the operator's label. */
const OPERATOR_LABEL = `app.kubernetes.io/managed-by=${MANAGED_BY}`

/** Kinds that every cluster has. Secrets are the user's and have no label; only digests of them are stored. */
export const WATCHED_KINDS: readonly WatchedKind[] = [
  { resource: CHAT_APPS },
  { resource: SECRETS, keep: digestSecret },
  { resource: PODS, labelSelector: OPERATOR_LABEL, keep: slimPod },
  ...[...CHILDREN, CONTROLLER_REVISIONS].map(labelled),
]

/** Events of controllers that could not create a pod. They are a stream that `world.refusals` takes, not objects to keep. */
export const REFUSED_PODS: WatchedKind = { resource: EVENTS, fieldSelector: 'reason=FailedCreate' }

/** A kind of children, of which only objects with the operator's label are watched. */
export function labelled(resource: Resource): WatchedKind {
  return { resource, labelSelector: OPERATOR_LABEL }
}

import { MANAGED_BY } from '@chat-app/chat'
import {
  AUTOSCALERS,
  CONFIG_MAPS,
  CONTROLLER_REVISIONS,
  DEPLOYMENTS,
  DISRUPTION_BUDGETS,
  INGRESSES,
  JOBS,
  NETWORK_POLICIES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from './kube/resources.ts'
import type { KubeObject, Resource } from './kube/types.ts'
import { slimPod } from './pods.ts'
import { digestSecret } from './secrets.ts'
import { CHAT_APPS } from './world.ts'

/** A kind that is watched in every namespace. */
export interface WatchedKind {
  readonly resource: Resource
  readonly labelSelector?: string
  readonly keep?: (object: KubeObject) => KubeObject
}

/** Only what bears our label is sent to us. */
const OURS = `app.kubernetes.io/managed-by=${MANAGED_BY}`

/** Kinds that every cluster has. Secrets are the user's and bear no label; of them only digests are kept. */
export const WATCHED_KINDS: readonly WatchedKind[] = [
  { resource: CHAT_APPS },
  { resource: SECRETS, keep: digestSecret },
  { resource: PODS, labelSelector: OURS, keep: slimPod },
  ...[
    SERVICE_ACCOUNTS,
    CONFIG_MAPS,
    SERVICES,
    JOBS,
    DEPLOYMENTS,
    CONTROLLER_REVISIONS,
    DISRUPTION_BUDGETS,
    AUTOSCALERS,
    NETWORK_POLICIES,
    INGRESSES,
  ].map(ours),
]

/** A kind of children, watched by our label. */
export function ours(resource: Resource): WatchedKind {
  return { resource, labelSelector: OURS }
}

import type { Model } from '@chat-app/chat'
import type { Failure } from './errors.ts'
import type { AskPod, Health } from './health.ts'
import type { Client } from './kube/client.ts'
import type { Kinds } from './kube/discovery.ts'
import type { KubeObject } from './kube/types.ts'
import type { Action } from './plan.ts'
import type { Revision } from './revision.ts'
import type { ChatAppObject, World } from './world.ts'

/** What a reconciliation works with. Everything that is remembered between two of them is in `memory`. */
export interface Operator {
  readonly client: Client
  readonly world: World
  readonly kinds: () => Promise<Kinds>
  readonly askPod: AskPod
  readonly memory: Memory
  /** Hears of the writes of a reconciliation, also when it failed after some of them. */
  readonly onWrites: (chatApp: ChatAppObject, actions: readonly Action[]) => void
  /** Hears of a new status, with the reason that `Ready` had before. */
  readonly onStatus: (chatApp: ChatAppObject, before: string | undefined) => void
  readonly onNormalized: (object: KubeObject, paths: readonly string[]) => void
  readonly now: () => Date
}

/** Small things that may be forgotten at any time: a restart costs a retry that comes early, or one apply too many. */
export interface Memory {
  /** How often the migration Job of a ChatApp has failed, by the ChatApp's UID. */
  readonly failedRuns: Map<string, { readonly job: string; readonly count: number }>
  /** Paths that the server writes in its own way, by kind and name of the object. */
  readonly normalized: Map<string, ReadonlySet<string>>
}

/** What one reconciliation has found out so far, for its status. */
export interface Reconciliation {
  readonly operator: Operator
  readonly chatApp: ChatAppObject
  model?: Model
  rendered?: readonly KubeObject[]
  revision?: Revision
  clusterFaults: readonly string[]
  health: readonly Health[]
  /** What is held back, in words. */
  held: readonly string[]
  failure?: Failure
  /** Times after which to look again; the earliest counts. */
  readonly againMs: number[]
}

/** What comes next for a ChatApp: nothing until something changes, a look after a time, or a retry with backoff. */
export type Next =
  | { readonly type: 'done' }
  | { readonly type: 'after'; readonly ms: number }
  | { readonly type: 'retry' }

export function begin(chatApp: ChatAppObject, operator: Operator): Reconciliation {
  return { operator, chatApp, clusterFaults: [], health: [], held: [], againMs: [] }
}

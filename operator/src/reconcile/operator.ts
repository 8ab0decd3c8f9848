import type { ChatAppObject } from '../cache/chat-app.ts'
import type { ClusterWatches } from '../cache/cluster-watches.ts'
import type { World } from '../cache/world.ts'
import type { EndedJobs } from '../observe/ended-jobs.ts'
import type { PodAsker } from '../observe/pod-asker.ts'
import type { PartFault } from '../plan/failure.ts'
import type { FailedRuns } from '../plan/migration-retry.ts'
import type { UrgentFix } from '@chat-app/chat/release'
import type { Client } from '../runtime/client.ts'
import type { Discovery } from '../runtime/discovery.ts'
import type { FieldSchema } from '../runtime/served-schema.ts'
import type { KubeObject } from '../runtime/types.ts'
import type { Announcer } from '../status/announce.ts'

/** The parts of the operator that reconciliations use. Only `memory` and `world` change between two of them. */
export interface Operator extends Announcer {
  readonly client: Client
  readonly world: World
  /** The clusters of other operators. */
  readonly clusters: ClusterWatches
  /** The kinds that the cluster serves; those that are optional are watched once it has resolved. */
  readonly discovery: Pick<Discovery, 'kinds' | 'isNewerThan'>
  /** The schema by which ChatApps are stored, read again when it is older; undefined when it is not known. */
  readonly servedSchema: (maxAgeMs?: number) => Promise<FieldSchema | undefined>
  readonly podAsker: Pick<PodAsker, 'answers'>
  readonly memory: Memory
  readonly urgentFixes: readonly UrgentFix[]
  /** Called for paths that the server wrote in another form than the operator. */
  readonly onNormalized: (object: KubeObject, paths: readonly string[]) => void
  readonly now: () => Date
}

/** Facts that may be lost, as at a restart: that costs a retry that comes early, or an apply that changes nothing. */
export interface Memory {
  /** The failed migrations of a ChatApp, by its UID. */
  readonly failedRuns: Map<string, FailedRuns>
  readonly jobs: EndedJobs
  /** Paths that the server writes in another form, by kind and name of the object. */
  readonly normalized: Map<string, ReadonlySet<string>>
  /** The release of a ChatApp that was tried last, by the UID of the ChatApp. */
  readonly tried: Map<string, TriedRelease>
}

/** What a dry run of a release has found. */
export interface TriedRelease {
  /** Name of its record. */
  readonly release: string
  /** Why objects were refused; empty when all were accepted. */
  readonly faults: readonly PartFault[]
  /** When a refused release is tried again, in milliseconds since 1970. */
  readonly untilMs: number
}

/** What a reconciliation is about. */
export interface Subject {
  readonly operator: Operator
  readonly chatApp: ChatAppObject
}

/** What follows a reconciliation: nothing until a watched object changes, another one after a time, or a retry with backoff. */
export type Next =
  | { readonly type: 'done' }
  | { readonly type: 'after'; readonly ms: number }
  | { readonly type: 'retry' }

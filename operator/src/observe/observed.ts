import { byService, type ByService, type Component, type Model, type ServiceModel } from '@chat-app/chat'
import type { LastRollout } from '@chat-app/crds'
import type { Refusal } from '../cache/refusals.ts'
import type { KubeObject } from '../runtime/types.ts'
import { serviceBlocker, type Blocker } from './blockers.ts'
import type { ClusterFault } from './cluster-faults.ts'
import type { Health } from './health.ts'
import { schemaVersionOf, type Migration } from './migration.ts'
import { rolloutOf, type Rollout } from './rollout.ts'
import type { SecretFault } from './secret-faults.ts'

/** The objects and answers that a status is computed from. */
export interface Sources {
  readonly model: Model
  readonly secretFaults: readonly SecretFault[]
  readonly clusterFaults: readonly ClusterFault[]
  /** Undefined when it was not decided which release should run. */
  readonly release: ReleaseState | undefined
  /** The migration Job of the desired release. */
  readonly job: KubeObject | undefined
  readonly deployments: Readonly<Partial<Record<Component, KubeObject>>>
  readonly autoscalers: Readonly<Partial<Record<Component, KubeObject>>>
  readonly pods: readonly KubeObject[]
  readonly health: readonly Health[]
  /** The last refusals of pods, by the name of the Job or the Deployment. */
  readonly refusals: Readonly<Record<string, Refusal>>
}

/** What became of the release that the spec asks for. */
export interface ReleaseState {
  /** The result of its migration, once it has ended well. */
  readonly migration: Migration | undefined
  /** Why nothing of it is written. */
  readonly refusal: Blocker | undefined
  /** Why another release should run, or why it cannot. */
  readonly rollback: Blocker | undefined
  /** Why it is not judged, although its deadline may be over. */
  readonly hold: string | undefined
  /** The version of the release that should run, when all pods are of it. */
  readonly runs: string | undefined
  /** Why it waits for a person, since its proof cannot run. */
  readonly proofHold: string | undefined
  /** For the status. */
  readonly lastRollout: LastRollout | undefined
  /** What would change in the pods if this operator rendered them; empty when nothing would. */
  readonly update: readonly string[]
  /** When `operatorUpdates: Auto` takes that, in milliseconds since 1970; undefined when it does not. */
  readonly updateAtMs: number | undefined
}

/** Everything that the conditions depend on: the same observation gives the same status. */
export interface Observed extends Sources {
  readonly services: ByService<ObservedService>
  /** The schema version that the newest successful migration reported. */
  readonly schemaVersion: number | undefined
}

export interface ObservedService {
  readonly deployment: KubeObject | undefined
  readonly rollout: Rollout
  /** Why the rollout makes no progress, where the cause is known. */
  readonly blocker: Blocker | undefined
}

export function observe(sources: Sources): Observed {
  const services = byService(sources.model.services, (service) => serviceOf(service, sources))
  const schemaVersion = sources.release?.migration?.schemaVersion ?? schemaVersionOf(sources.pods)
  return { ...sources, services, schemaVersion }
}

function serviceOf(service: ServiceModel, sources: Sources): ObservedService {
  const deployment = sources.deployments[service.component]
  const rollout = rolloutOf(service, deployment, sources.pods)
  return { deployment, rollout, blocker: serviceBlocker(service.component, deployment, rollout, sources) }
}

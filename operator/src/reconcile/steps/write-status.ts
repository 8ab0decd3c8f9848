import type { Component, Model } from '@chat-app/chat'
import { KIND } from '@chat-app/crds'
import type { World } from '../../cache/world.ts'
import type { Health } from '../../observe/health.ts'
import { observe, type Observed, type ReleaseState } from '../../observe/observed.ts'
import { refusalsOf } from '../../observe/refused.ts'
import { COMPONENTS } from '../../observe/rollout.ts'
import type { SecretFault } from '../../observe/secret-faults.ts'
import type { Failure } from '../../plan/failure.ts'
import { isGood } from '../../plan/release/judge.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { readyOf, sameStatus, statusOf } from '../../status/status.ts'
import { FIELD_MANAGER } from '../apply.ts'
import { failuresIn, faultyParts, type Faults } from '../faults.ts'
import { migrationJobOf } from '../migration-job.ts'
import type { Subject } from '../operator.ts'
import type { Choice } from './choose-release.ts'
import type { Changes } from './plan-changes.ts'

/** Findings of the steps are undefined where an earlier step has failed. */
interface Needs extends Subject, Faults {
  readonly model?: Model
  readonly secretFaults?: readonly SecretFault[]
  readonly clusterFaults?: readonly string[]
  readonly choice?: Choice
  readonly rendered?: readonly KubeObject[]
  readonly changes?: Changes
  readonly health: readonly Health[]
  readonly failure: Failure | undefined
}

/** Writes the status when it has changed. @throws ApiError, ConnectionError */
export async function writeStatus(needs: Needs): Promise<void> {
  const { operator, failure, specFaults = [], refusals = [], choice, changes } = needs
  // A conflict with a newer object is repeated at once, and says nothing about the ChatApp.
  if (failure?.reason === 'Conflict') return
  const { name, namespace, uid, generation = 1 } = needs.chatApp.metadata
  const chatApp = operator.world.chatApp(`${namespace}/${name}`)
  if (chatApp?.metadata.uid !== uid) return
  const held = changes?.held ?? []
  const isWritten = held.length === 0 && failure === undefined && refusals.length === 0
  const status = statusOf({
    generation,
    former: chatApp.status,
    observed: observedIn(needs),
    failure,
    faults: failuresIn(needs),
    specFaults,
    isExposureHeld: faultyParts(needs).has('exposure'),
    held,
    revision: isWritten ? choice?.selection.wanted.number : undefined,
    now: operator.now(),
  })
  if (sameStatus(chatApp.status, status)) return
  const written = await operator.client.apply(
    { apiVersion: chatApp.apiVersion, kind: KIND, metadata: { name, namespace, uid }, status },
    { fieldManager: FIELD_MANAGER, force: true, subresource: 'status' },
  )
  delete written.metadata['managedFields']
  operator.world.store(KIND).upsert(written)
  operator.onStatus({ ...chatApp, status }, readyOf(chatApp.status)?.reason)
}

/** Reads the world again, since the writes of this reconciliation have changed it. */
function observedIn(needs: Needs): Observed | undefined {
  const { operator, chatApp, model, secretFaults = [], clusterFaults = [], choice, rendered = [], health } = needs
  if (model === undefined) return undefined
  const { world } = operator
  const job = migrationJobOf(rendered, world)
  const deployments = childrenIn('Deployment', model, world)
  return observe({
    model,
    secretFaults,
    clusterFaults,
    release: choice && releaseState(choice),
    job,
    deployments,
    autoscalers: childrenIn('HorizontalPodAutoscaler', model, world),
    pods: world.pods(chatApp),
    health,
    refusals: refusalsOf({ job, deployments }, world.refusals, chatApp.status),
  })
}

/** The live objects of a kind that have the names of the services. */
function childrenIn(
  kind: string,
  { services, namespace }: Model,
  world: World,
): Partial<Record<Component, KubeObject>> {
  const found: Partial<Record<Component, KubeObject>> = {}
  for (const component of COMPONENTS) {
    const child = world.store(kind).get(namespace, services[component].name)
    if (child !== undefined) found[component] = child
  }
  return found
}

function releaseState({ selection, live }: Choice): ReleaseState {
  const { target, wanted, refusal, rollback, update } = selection
  const runs = isGood(live, wanted) ? wanted.release.version : undefined
  return { migration: target.learned.migration, refusal, rollback, runs, update }
}

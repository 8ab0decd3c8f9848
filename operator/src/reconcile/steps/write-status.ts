import type { Model } from '@chat-app/chat'
import { KIND } from '@chat-app/crds'
import type { Health } from '../../observe/health.ts'
import type { ClusterFault } from '../../observe/cluster-faults.ts'
import { observe, type Observed, type ReleaseState } from '../../observe/observed.ts'
import type { SecretFault } from '../../observe/secret-faults.ts'
import type { Failure } from '../../plan/failure.ts'
import { isGood } from '../../plan/release/judge.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { readyOf, sameStatus, statusOf } from '../../status/status.ts'
import { FIELD_MANAGER } from '../apply.ts'
import { migrationJobOf } from '../migration-job.ts'
import type { Subject } from '../operator.ts'
import type { Choice } from './choose-release.ts'
import type { Changes } from './plan-changes.ts'

/** Findings of the steps are undefined where an earlier step has failed. */
interface Needs extends Subject {
  readonly model?: Model
  readonly secretFaults?: readonly SecretFault[]
  readonly clusterFaults?: readonly ClusterFault[]
  readonly choice?: Choice
  readonly rendered?: readonly KubeObject[]
  readonly changes?: Changes
  readonly health: readonly Health[]
  readonly failure: Failure | undefined
}

/** Writes the status when it has changed. @throws ApiError, ConnectionError */
export async function writeStatus(needs: Needs): Promise<void> {
  const { operator, failure, choice, changes } = needs
  // A conflict with a newer object is repeated at once, and says nothing about the ChatApp.
  if (failure?.reason === 'Conflict') return
  const { name, namespace, uid, generation = 1 } = needs.chatApp.metadata
  const chatApp = operator.world.chatApp(`${namespace}/${name}`)
  if (chatApp?.metadata.uid !== uid) return
  const held = changes?.held ?? []
  const status = statusOf({
    generation,
    former: chatApp.status,
    observed: observedIn(needs),
    failure,
    held,
    revision: held.length === 0 && failure === undefined ? choice?.selection.wanted.number : undefined,
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
  const api = world.store('Deployment').get(model.namespace, model.services.api.name)
  const websocket = world.store('Deployment').get(model.namespace, model.services.websocket.name)
  return observe({
    model,
    secretFaults,
    clusterFaults,
    release: choice && releaseState(choice),
    job: migrationJobOf(rendered, world),
    deployments: { ...(api && { api }), ...(websocket && { websocket }) },
    pods: world.pods(chatApp),
    health,
  })
}

function releaseState({ selection, live }: Choice): ReleaseState {
  const { target, wanted, refusal, rollback, update } = selection
  const runs = isGood(live, wanted) ? wanted.release.version : undefined
  return { migration: target.learned.migration, refusal, rollback, runs, update }
}

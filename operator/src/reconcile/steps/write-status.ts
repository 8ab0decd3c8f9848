import type { Model } from '@chat-app/chat'
import { KIND } from '@chat-app/crds'
import type { Health } from '../../observe/health.ts'
import { observe, type Observed } from '../../observe/observed.ts'
import type { SecretFault } from '../../observe/secret-faults.ts'
import type { Failure } from '../../plan/failure.ts'
import type { Rendered } from '../../plan/render.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { readyOf, sameStatus, statusOf } from '../../status/status.ts'
import { FIELD_MANAGER } from '../apply.ts'
import { failuresIn, faultyParts, type Faults } from '../faults.ts'
import { migrationJobOf } from '../migration-job.ts'
import type { Subject } from '../operator.ts'
import type { Changes } from './plan-changes.ts'

/** Findings of the steps are undefined where an earlier step has failed. */
interface Needs extends Subject, Faults {
  readonly model?: Model
  readonly secretFaults?: readonly SecretFault[]
  readonly clusterFaults?: readonly string[]
  readonly rendered?: Rendered
  readonly changes?: Changes
  readonly health: readonly Health[]
  readonly failure: Failure | undefined
}

/** Writes the status when it has changed. @throws ApiError, ConnectionError */
export async function writeStatus(needs: Needs): Promise<void> {
  const { operator, failure, specFaults = [], refusals = [], rendered, changes } = needs
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
    revision: isWritten ? rendered?.revision.number : undefined,
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
  const { operator, chatApp, model, secretFaults = [], clusterFaults = [], rendered, health } = needs
  if (model === undefined) return undefined
  const { world } = operator
  const api = world.store('Deployment').get(model.namespace, model.services.api.name)
  const websocket = world.store('Deployment').get(model.namespace, model.services.websocket.name)
  return observe({
    model,
    secretFaults,
    clusterFaults,
    job: migrationJobOf(rendered?.desired ?? [], world) ?? formerJob(needs),
    deployments: { ...(api && { api }), ...(websocket && { websocket }) },
    pods: world.pods(chatApp),
    health,
  })
}

/** While the release is held, the migration of the one that runs. */
function formerJob(needs: Needs): KubeObject | undefined {
  if (!faultyParts(needs).has('release')) return undefined
  return needs.operator.world.children(needs.chatApp).find(({ kind }) => kind === 'Job')
}

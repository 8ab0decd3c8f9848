import { KIND } from '@chat-app/crds'
import { FIELD_MANAGER } from '../apply.ts'
import type { Observed } from '../../observe/observed.ts'
import { secretFaults } from '../../observe/secret-faults.ts'
import { readyOf, sameStatus, statusOf } from '../../status/status.ts'
import type { Reconciliation } from '../operator.ts'
import { jobOf } from './plan-changes.ts'

/** The one exit: whatever happened before, the status tells of it. Written only when it says something new. */
export async function writeStatus(run: Reconciliation): Promise<void> {
  const { operator, failure, held, revision } = run
  // A write that met a newer object is repeated at once; it says nothing about the ChatApp.
  if (failure?.reason === 'Conflict') return
  const { name, namespace, uid, generation = 1 } = run.chatApp.metadata
  const chatApp = operator.world.chatApp(`${namespace}/${name}`)
  if (chatApp?.metadata.uid !== uid) return
  const status = statusOf({
    generation,
    former: chatApp.status,
    observed: observedOf(run),
    failure,
    held,
    revision: held.length === 0 && failure === undefined ? revision?.number : undefined,
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

function observedOf(run: Reconciliation): Observed | undefined {
  const { model, operator, chatApp, clusterFaults, health } = run
  if (model === undefined) return undefined
  const { world } = operator
  const api = world.store('Deployment').get(model.namespace, model.services.api.name)
  const websocket = world.store('Deployment').get(model.namespace, model.services.websocket.name)
  return {
    model,
    secretFaults: secretFaults(model, (name) => world.secret(model.namespace, name)),
    clusterFaults,
    job: jobOf(run),
    deployments: { ...(api && { api }), ...(websocket && { websocket }) },
    pods: world.pods(chatApp),
    health,
  }
}

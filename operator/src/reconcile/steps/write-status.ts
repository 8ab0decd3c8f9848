import type { Model } from '@chat-app/chat'
import { KIND, type ChatAppStatus } from '@chat-app/crds'
import type { ChatAppObject } from '../../cache/chat-app.ts'
import { REFUSED_SCHEMA_MIN_AGE_MS, SCHEMA_MIN_AGE_MS } from '../../limits.ts'
import { serviceObjects } from '../../observe/service-objects.ts'
import type { Health } from '../../observe/health.ts'
import type { ClusterFault } from '../../observe/cluster-faults.ts'
import { valueHashes } from '../../observe/facts.ts'
import { observe, type Observed, type ReleaseState } from '../../observe/observed.ts'
import { refusalsOf } from '../../observe/refused.ts'
import type { SecretFault } from '../../observe/secret-faults.ts'
import type { Failure } from '../../plan/failure.ts'
import { isGood } from '../../plan/release/judge.ts'
import { readRecord, type ReleaseRecord } from '../../plan/release/record.ts'
import { isUndeclaredField } from '../../runtime/errors.ts'
import type { FieldSchema } from '../../runtime/served-schema.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { fitStatus, isIncomplete } from '../../status/fit-status.ts'
import { lastRolloutOf } from '../../status/last-rollout.ts'
import { sameStatus, statusOf } from '../../status/status.ts'
import { FIELD_MANAGER } from '../apply.ts'
import { failuresIn, faultyParts, type Faults } from '../faults.ts'
import { migrationJobOf } from '../migration-job.ts'
import type { Operator, Subject } from '../operator.ts'
import type { Choice } from './choose-release.ts'
import type { Changes } from './plan-changes.ts'

/** Findings of the steps are undefined where an earlier step has failed. */
interface Needs extends Subject, Faults {
  readonly model?: Model
  readonly secretFaults?: readonly SecretFault[]
  readonly clusterFaults?: readonly ClusterFault[]
  readonly choice?: Choice
  readonly rendered?: readonly KubeObject[]
  readonly changes?: Changes
  readonly health: readonly Health[]
  readonly failure: Failure | undefined
}

/**
 * Writes the status when it has changed. Returns whether the served CRD lacks fields of it.
 *
 * @throws ApiError, ConnectionError
 */
export async function writeStatus(needs: Needs): Promise<{ lacksFields: boolean }> {
  const { operator, chatApp: reconciled, failure, specFaults = [], refusals = [], choice, changes } = needs
  const { name, namespace, uid, generation = 1 } = reconciled.metadata
  const chatApp = operator.world.chatApp(`${namespace}/${name}`)
  // A conflict with a newer object is repeated at once, and says nothing about the ChatApp.
  if (failure?.reason === 'Conflict' || chatApp?.metadata.uid !== uid) return { lacksFields: false }
  const held = changes?.held ?? []
  const isWritten = held.length === 0 && failure === undefined && refusals.length === 0
  const input = {
    generation,
    former: chatApp.status,
    observed: observedIn(needs),
    valueHashes: needs.model && valueHashes(needs.model, operator.world),
    failure,
    faults: failuresIn(needs),
    specFaults,
    isExposureHeld: faultyParts(needs).has('exposure'),
    held,
    revision: isWritten ? choice?.selection.wanted.number : undefined,
    now: operator.now(),
  }
  const status = await stored(chatApp, operator, (schema) => fitStatus(statusOf(input), schema, input))
  return { lacksFields: isIncomplete(status) }
}

/** Stores a status that fits into the served schema. The schema is read again when the server refuses a field. */
async function stored(
  chatApp: ChatAppObject,
  operator: Operator,
  statusFor: (schema: FieldSchema | undefined) => ChatAppStatus,
): Promise<ChatAppStatus> {
  const schema = await operator.servedSchema(isIncomplete(chatApp.status) ? SCHEMA_MIN_AGE_MS : undefined)
  const status = statusFor(schema)
  try {
    await write(status, chatApp, operator)
    return status
  } catch (error) {
    if (!isUndeclaredField(error)) throw error
    const less = statusFor(await operator.servedSchema(REFUSED_SCHEMA_MIN_AGE_MS))
    await write(less, chatApp, operator)
    return less
  }
}

async function write(status: ChatAppStatus, chatApp: ChatAppObject, { client, world, onStatus }: Operator) {
  if (sameStatus(chatApp.status, status)) return
  const { name, namespace, uid } = chatApp.metadata
  const written = await client.apply(
    { apiVersion: chatApp.apiVersion, kind: KIND, metadata: { name, namespace, uid }, status },
    { fieldManager: FIELD_MANAGER, force: true, subresource: 'status' },
  )
  delete written.metadata['managedFields']
  world.store(KIND).upsert(written)
  onStatus({ ...chatApp, status }, chatApp.status)
}

/** Reads the world again, since the writes of this reconciliation have changed it. */
function observedIn(needs: Needs): Observed | undefined {
  const { operator, chatApp, model, secretFaults = [], clusterFaults = [], choice, rendered = [], health } = needs
  if (model === undefined) return undefined
  const { world } = operator
  const job = migrationJobOf(rendered, world)
  const deployments = serviceObjects('Deployment', model, world)
  return observe({
    model,
    secretFaults,
    clusterFaults,
    release: choice && releaseState(choice, needs),
    job,
    deployments,
    autoscalers: serviceObjects('HorizontalPodAutoscaler', model, world),
    pods: world.pods(chatApp),
    health,
    refusals: refusalsOf({ job, deployments }, world.refusals, chatApp.status),
  })
}

function releaseState({ selection, live }: Choice, subject: Subject): ReleaseState {
  const { target, wanted, refusal, rollback, hold, proof, update, updateAtMs } = selection
  const runs = isGood(live, wanted) ? wanted.release.version : undefined
  const proofs = { proofHold: proof.hold, lastRollout: lastRollout(target, subject) }
  return { migration: target.learned.migration, refusal, rollback, hold, ...proofs, runs, update, updateAtMs }
}

/** By the stored record: what is not stored, as while paused, would have another time with each reconciliation. */
function lastRollout(target: ReleaseRecord, { operator, chatApp: { metadata, status } }: Subject) {
  const object = operator.world.store('ControllerRevision').get(metadata.namespace, target.name)
  const stored = object && readRecord(object)
  return stored?.number === target.number ? lastRolloutOf(stored) : status?.lastRollout
}

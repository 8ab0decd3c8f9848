import type { Part } from '@chat-app/chat'
import { RELEASE } from '@chat-app/chat/annotations'
import type { World } from '../cache/world.ts'
import { DELETION_RETRY_MS, FOREIGN_OBJECT_RETRY_MS, REPLACED_JOB_RETRY_MS } from '../limits.ts'
import { missingIn } from '../plan/contains.ts'
import { classify, Waiting, type Failure } from '../plan/failure.ts'
import { ownershipOf, type Owner } from '../plan/ownership.ts'
import { foreignOf, nameOf, type Action, type Deletion, type Foreign } from '../plan/plan.ts'
import { isAboutObject, withFields } from '../plan/refusal.ts'
import { isTerminating } from '../observe/pods.ts'
import type { Client } from '../runtime/client.ts'
import { hasStatus, isUnservedKind } from '../runtime/errors.ts'
import { at, pick } from '../runtime/json.ts'
import { resourceOf } from '../runtime/resources.ts'
import type { KubeObject } from '../runtime/types.ts'

export const FIELD_MANAGER = 'chat-app-operator'
/** Owns `spec.replicas` of a Deployment while the field passes from the operator to an autoscaler. */
const HANDOVER_MANAGER = 'chat-app-operator-handover'

export interface ApplyContext {
  readonly client: Client
  readonly world: World
  readonly owner: Owner
  /** Parts of the spec that an object comes from. */
  readonly partsOf: (object: KubeObject) => readonly Part[]
  /** Called after every write. */
  readonly onWrite: (action: Action) => void
  /** Whether the cluster serves other kinds by now, so that the ChatApp will be reconciled again. */
  readonly haveKindsChanged: () => Promise<boolean>
  /** Called for every object that was refused for what it is, or by a quota or a policy. */
  readonly onRefused: (object: KubeObject, message: string) => void
  /** Called after an apply with the paths that the server wrote in another form; there are none after most. */
  readonly onNormalized: (object: KubeObject, paths: readonly string[]) => void
}

/**
 * Makes writes in their order, and returns the failures of objects that were refused: without these, and without those that need
 * them, the others are written. Before the first write the live object of each name that is to be created is read, since
 * server-side apply would change a foreign object, and the garbage collector would later delete it.
 *
 * @param known foreign objects that were seen already
 * @throws Waiting for objects that are being deleted, ConnectionError, and ApiError when the API server fails whatever the
 *   object is
 */
export async function apply(
  actions: readonly Action[],
  known: readonly Foreign[],
  context: ApplyContext,
): Promise<Failure[]> {
  const { present, foreign } = await presentObjects(actions, context)
  const refused = [...known, ...foreign].map(({ object }) => object)
  const failures = foreignFailure([...known, ...foreign])
  for (const action of actions) {
    if (action.type === 'create' && refused.includes(action.object)) continue
    if (refused.some((object) => needs(action, object, context))) continue
    try {
      if (action.type === 'delete') await remove(action, context)
      else await write(action, action.type === 'update' ? action.live : present.get(action.object), context)
      context.onWrite(action)
    } catch (error) {
      if (!isAboutObject(error)) throw error
      // An object whose kind is gone is no longer desired.
      if (isUnservedKind(error) && (await context.haveKindsChanged())) continue
      const object = action.type === 'delete' ? action.live : action.object
      refused.push(object)
      const failure = classify(withFields(error, object))
      if (failure.kind === 'stalled' || failure.reason === 'Forbidden') context.onRefused(object, error.message)
      failures.push(failure)
    }
  }
  return failures
}

/** Kinds that must be as desired before a new pod starts. Of the services the API comes first. */
const BEFORE_PODS = new Set(['ServiceAccount', 'ConfigMap', 'NetworkPolicy', 'ControllerRevision', 'Job', 'Deployment'])

/** Whether a write must not be made when an earlier one was refused. What replaces an object comes before its deletion. */
function needs(action: Action, refused: KubeObject, { partsOf }: ApplyContext): boolean {
  if (action.type === 'delete') {
    const parts = partsOf(refused)
    return partsOf(action.live).some((part) => parts.includes(part))
  }
  return startsPods(action) && BEFORE_PODS.has(refused.kind)
}

function startsPods({ object, ...action }: Exclude<Action, Deletion>): boolean {
  if (object.kind === 'Job') return true
  if (object.kind !== 'Deployment') return false
  const live = action.type === 'update' ? action.live.metadata.annotations : undefined
  return live?.[RELEASE] !== object.metadata.annotations?.[RELEASE]
}

function foreignFailure(foreign: readonly Foreign[]): Failure[] {
  if (foreign.length === 0) return []
  const message = `${foreign.map(({ holder }) => holder).join('; ')}; delete or rename it, or rename the ChatApp`
  return [{ kind: 'stalled', reason: 'ForeignObject', message, retryMs: FOREIGN_OBJECT_RETRY_MS }]
}

/** @param leaving names of objects that are being deleted. @throws Waiting when there is one */
export function awaitLeaving(leaving: readonly string[]): void {
  if (leaving.length > 0)
    throw new Waiting('WaitingForDeletion', `waiting until ${leaving.join(', ')} is gone`, DELETION_RETRY_MS)
}

async function presentObjects(actions: readonly Action[], { client, owner }: ApplyContext) {
  const created = actions.filter((action) => action.type === 'create').map(({ object }) => object)
  const present = new Map<KubeObject, KubeObject>()
  await Promise.all(
    created.map(async (object) => {
      const live = await read(client, object)
      if (live !== undefined) present.set(object, live)
    }),
  )
  const owned = [...present].map(([object, live]) => ({ object, live, ownership: ownershipOf(live, owner) }))
  awaitLeaving(
    owned
      .filter(({ live, ownership }) => ownership === 'former' || isTerminating(live))
      .map(({ live }) => nameOf(live)),
  )
  const foreign = owned.filter(({ ownership }) => ownership === 'foreign')
  return { present, foreign: foreign.map(({ object, live }) => foreignOf(object, live)) }
}

async function write(
  action: Exclude<Action, Deletion>,
  live: KubeObject | undefined,
  context: ApplyContext,
): Promise<void> {
  const { client, world } = context
  const { object } = action
  if (live !== undefined) await handOverReplicas(object, live, client)
  const uid = live?.metadata.uid
  // With the UID an update cannot change a later object of the name; without force a creation cannot take over fields.
  const addressed = uid === undefined ? object : { ...object, metadata: { ...object.metadata, uid } }
  try {
    const written = await client.apply(addressed, { fieldManager: FIELD_MANAGER, force: live !== undefined })
    delete written.metadata['managedFields']
    world.store(object.kind).upsert(written)
    const paths = missingIn(written, object)
    context.onNormalized(object, paths)
  } catch (error) {
    if (live === undefined || !isImmutableJob(error, object)) throw error
    await client.delete(live)
    throw new Waiting(
      'WaitingForDeletion',
      `${nameOf(object)} is created again, since its template cannot change`,
      REPLACED_JOB_RETRY_MS,
    )
  }
}

async function remove({ live }: Deletion, { client, world }: ApplyContext): Promise<void> {
  try {
    await client.delete(live)
  } catch (error) {
    // 404: it was deleted already; 409: another object has the name now.
    if (!hasStatus(error, 404, 409)) throw error
  }
  world.store(live.kind).remove(live)
}

/**
 * An apply without `replicas` gives the field up, and the server sets a field without an owner to its default of 1. So
 * a second manager first applies the live value; the autoscaler then changes it. The resourceVersion makes that apply
 * conditional, so that it cannot undo a decision of the autoscaler.
 */
async function handOverReplicas(object: KubeObject, live: KubeObject, client: Client): Promise<void> {
  if (object.kind !== 'Deployment' || at(object, 'spec', 'replicas') !== undefined) return
  const present = (await read(client, object)) ?? live
  const replicas = at<number>(present, 'spec', 'replicas')
  if (replicas === undefined) return
  const metadata = pick(present.metadata, 'name', 'namespace', 'uid', 'resourceVersion')
  const only = { apiVersion: object.apiVersion, kind: object.kind, metadata, spec: { replicas } }
  await client.apply(only, { fieldManager: HANDOVER_MANAGER, force: true })
}

/** The live object with the name of an object. @throws ApiError, ConnectionError */
export async function read(client: Client, object: KubeObject): Promise<KubeObject | undefined> {
  return client.find(resourceOf(object), object.metadata.namespace, object.metadata.name)
}

function isImmutableJob(error: unknown, { kind }: KubeObject): boolean {
  return kind === 'Job' && hasStatus(error, 422) && error.message.includes('immutable')
}

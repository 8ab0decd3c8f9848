import type { Client } from '../runtime/client.ts'
import { ApiError, isNotFound } from '../runtime/errors.ts'
import { at } from '../runtime/json.ts'
import { resourceOf } from '../runtime/resources.ts'
import { missingIn } from '../plan/contains.ts'
import type { KubeObject } from '../runtime/types.ts'
import { Stalled, Waiting } from '../plan/failure.ts'
import { holderOf, ownershipOf, type Owner } from '../plan/ownership.ts'
import { nameOf, type Action } from '../plan/plan.ts'
import type { World } from '../cache/world.ts'

export const FIELD_MANAGER = 'chat-app-operator'
/** Holds `spec.replicas` of a Deployment at its live value while the field passes from us to an autoscaler. */
const HANDOVER_MANAGER = 'chat-app-operator-handover'

/** A foreign object does not bear our labels, so its end is not seen: it is looked for this often. */
const FOREIGN_RETRY_MS = 5000

export interface ApplyContext {
  readonly client: Client
  readonly world: World
  readonly owner: Owner
  /** Hears of every write that was made. */
  readonly onWrite: (action: Action) => void
  /** Hears of paths that the server wrote otherwise than it was asked to; they will never look right. None after a clean write. */
  readonly onNormalized: (object: KubeObject, paths: readonly string[]) => void
}

/**
 * Carries out a plan, in order. Before the first write the live object of every name that is to be created is read:
 * server-side apply would join a foreign one without a word, and garbage collection would later delete it.
 * @throws Stalled naming foreign objects, Waiting for leaving ones, ApiError, ConnectionError
 */
export async function apply(actions: readonly Action[], context: ApplyContext): Promise<void> {
  const present = await presentObjects(actions, context)
  for (const action of actions) {
    if (action.type === 'delete') await remove(action, context)
    else await write(action, action.type === 'update' ? action.live : present.get(action.object), context)
    context.onWrite(action)
  }
}

/** @throws Stalled when somebody else has an object of our name */
export function refuseForeign(foreign: readonly string[]): void {
  if (foreign.length === 0) return
  const message = `${foreign.join('; ')}; delete or rename it, or rename the ChatApp`
  throw new Stalled('ForeignObject', message, FOREIGN_RETRY_MS)
}

/** @throws Waiting when objects have to go before new ones can take their names */
export function awaitLeaving(leaving: readonly string[]): void {
  if (leaving.length > 0) throw new Waiting('WaitingForDeletion', `waiting until ${leaving.join(', ')} is gone`, 5000)
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
  const whose = [...present.values()].map((live) => ({ live, ownership: ownershipOf(live, owner) }))
  refuseForeign(
    whose
      .filter(({ ownership }) => ownership === 'foreign')
      .map(({ live }) => `${nameOf(live)} belongs to ${holderOf(live)}`),
  )
  awaitLeaving(
    whose
      .filter(({ live, ownership }) => ownership === 'former' || live.metadata.deletionTimestamp !== undefined)
      .map(({ live }) => nameOf(live)),
  )
  return present
}

async function write(
  action: Exclude<Action, { type: 'delete' }>,
  live: KubeObject | undefined,
  context: ApplyContext,
): Promise<void> {
  const { client, world } = context
  const { object } = action
  if (live !== undefined) await handOverReplicas(object, live, client)
  const uid = live?.metadata.uid
  // With the UID the apply cannot meet a successor; without force a creation cannot take a field from anybody.
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
    throw new Waiting('WaitingForDeletion', `${nameOf(object)} is made anew: its template cannot change`, 1000)
  }
}

async function remove({ live }: Extract<Action, { type: 'delete' }>, { client, world }: ApplyContext): Promise<void> {
  try {
    await client.delete(live)
  } catch (error) {
    // Gone already, or another object has the name now (409 for the UID): both are none of ours.
    if (!isNotFound(error) && !(error instanceof ApiError && error.status === 409)) throw error
  }
  world.store(live.kind).remove(live)
}

/**
 * Leaving `replicas` out gives the field up, and a field that nobody owns falls back to 1. So before that a second
 * manager takes it at its live value; the autoscaler then changes it as it likes. Conditional on what was read, so a
 * decision of the autoscaler is never undone.
 */
async function handOverReplicas(object: KubeObject, live: KubeObject, client: Client): Promise<void> {
  if (object.kind !== 'Deployment' || at(object, 'spec', 'replicas') !== undefined) return
  const present = (await read(client, object)) ?? live
  const { name, namespace, uid, resourceVersion } = present.metadata
  const replicas = at<number>(present, 'spec', 'replicas')
  if (replicas === undefined) return
  const metadata = Object.fromEntries(
    Object.entries({ namespace, uid, resourceVersion }).filter(([, v]) => v !== undefined),
  )
  const only: KubeObject = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, ...metadata },
    spec: { replicas },
  }
  await client.apply(only, { fieldManager: HANDOVER_MANAGER, force: true })
}

async function read(client: Client, object: KubeObject): Promise<KubeObject | undefined> {
  return client.get(resourceOf(object), object.metadata.namespace, object.metadata.name).catch((error: unknown) => {
    if (isNotFound(error)) return undefined
    throw error
  })
}

function isImmutableJob(error: unknown, { kind }: KubeObject): boolean {
  return kind === 'Job' && error instanceof ApiError && error.status === 422 && error.message.includes('immutable')
}

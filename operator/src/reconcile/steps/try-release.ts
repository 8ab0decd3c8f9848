import { partsOf, type Model } from '@chat-app/chat'
import { REFUSED_OBJECT_RETRY_MS } from '../../limits.ts'
import { missingIn } from '../../plan/contains.ts'
import { classify, type PartFault } from '../../plan/failure.ts'
import { hashOf } from '../../plan/hash.ts'
import { ownershipOf } from '../../plan/ownership.ts'
import { isAboutObject, withFields } from '../../plan/refusal.ts'
import type { Rendered } from '../../plan/render.ts'
import { TEMPLATE_HASH } from '../../plan/seal.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { FIELD_MANAGER, read } from '../apply.ts'
import type { Subject } from '../operator.ts'

interface Needs extends Subject {
  readonly model: Model
  readonly specFaults: readonly PartFault[]
  readonly children: readonly KubeObject[]
  readonly rendered: Rendered
}

/**
 * Tries the objects of a changed release by dry run, before the first of them is written, so that a release is not begun that
 * the API server or a webhook refuses later. Sends nothing for a release that was accepted before.
 *
 * @throws ApiError, ConnectionError when the API server fails whatever the object is
 */
export async function tryRelease(needs: Needs): Promise<{ releaseFaults: readonly PartFault[] }> {
  const { operator, chatApp, model, specFaults, children, rendered } = needs
  if (model.paused || specFaults.some(({ parts }) => parts.includes('release'))) return { releaseFaults: [] }
  const objects = rendered.desired.filter((object) => partsOf(object, model).includes('release'))
  const tried = operator.memory.tried.get(chatApp.metadata.uid)
  const release = hashOf(objects.map(contentOf))
  const nowMs = operator.now().getTime()
  if (tried?.release === release && (tried.faults.length === 0 || tried.untilMs > nowMs))
    return { releaseFaults: tried.faults.map((fault) => ({ ...fault, retryMs: tried.untilMs - nowMs })) }
  const changed = objects.filter((object) => !isLive(object, children))
  const faults = (await Promise.all(changed.map((object) => faultOf(object, needs)))).filter(
    (fault) => fault !== undefined,
  )
  // What may pass by itself is tried again at once.
  if (faults.every(({ kind }) => kind === 'stalled'))
    operator.memory.tried.set(chatApp.metadata.uid, { release, faults, untilMs: nowMs + REFUSED_OBJECT_RETRY_MS })
  return { releaseFaults: faults }
}

/** What a release changes of an object. The names of Jobs and ControllerRevisions have the hashes of their contents. */
function contentOf({ kind, metadata: { name, annotations }, data }: KubeObject): unknown[] {
  return [kind, name, annotations?.[TEMPLATE_HASH], kind === 'ConfigMap' ? data : undefined]
}

function isLive(object: KubeObject, children: readonly KubeObject[]): boolean {
  const live = children.find(({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name)
  return live !== undefined && missingIn(contentOf(live), contentOf(object)).length === 0
}

async function faultOf(object: KubeObject, { operator: { client }, chatApp }: Needs): Promise<PartFault | undefined> {
  try {
    await client.apply(object, { fieldManager: FIELD_MANAGER, force: true, dryRun: true })
    return undefined
  } catch (error) {
    if (!isAboutObject(error)) throw error
    // A webhook of an old form refuses every dry run, and says nothing about the object.
    if (error.message.includes('does not support dry run')) return undefined
    // The plan names a foreign object, which no later change of the spec makes right.
    const live = await read(client, object)
    if (live !== undefined && ownershipOf(live, chatApp.metadata) === 'foreign') return undefined
    return { ...classify(withFields(error, object)), parts: ['release'] }
  }
}

import { byService, partsOf, type Model } from '@chat-app/chat'
import { REFUSED_OBJECT_RETRY_MS } from '../../limits.ts'
import type { OwnedFacts } from '../../observe/facts.ts'
import { classify, joined, type PartFault } from '../../plan/failure.ts'
import { ownershipOf } from '../../plan/ownership.ts'
import { isAboutObject, withFields } from '../../plan/refusal.ts'
import { render } from '../../plan/render.ts'
import { stagesOf } from '../../plan/stages.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { FIELD_MANAGER, read } from '../apply.ts'
import type { Subject } from '../operator.ts'
import type { Choice } from './choose-release.ts'

interface Needs extends Subject {
  readonly model: Model
  readonly facts: OwnedFacts
  readonly specFaults: readonly PartFault[]
  readonly choice: Choice
}

/**
 * Admits a release that is not stored yet, or refuses it before anything of it is written: where its part of the spec is
 * faulty and no earlier release stands in for it, or where the API server refuses one of its objects in a dry run.
 *
 * @throws ApiError, ConnectionError when the API server fails whatever the object is
 */
export async function admitRelease(needs: Needs): Promise<{ choice: Choice; releaseFaults: readonly PartFault[] }> {
  const { model, specFaults, choice } = needs
  const { selection } = choice
  if (selection.target.isStored || selection.refusal !== undefined || model.paused) return { choice, releaseFaults: [] }
  const faulty = specFaults.filter(({ parts }) => parts.includes('release'))
  const releaseFaults = faulty.length > 0 ? [] : await triedFaults(needs)
  const refusal = joined([...faulty, ...releaseFaults])
  if (refusal === undefined) return { choice, releaseFaults }
  const refused = { ...choice, selection: { ...selection, refusal } }
  const stages = stagesOf({ model, selection: refused.selection, live: choice.live, drainingMs: choice.drainMs })
  return { choice: { ...refused, stages }, releaseFaults }
}

/** Sends nothing for a release that was tried before, but after a minute for one that was refused. */
async function triedFaults(needs: Needs): Promise<readonly PartFault[]> {
  const { operator, chatApp, choice } = needs
  const { tried } = operator.memory
  const { uid } = chatApp.metadata
  const release = choice.selection.target.name
  const nowMs = operator.now().getTime()
  const former = tried.get(uid)
  if (former?.release === release && (former.faults.length === 0 || former.untilMs > nowMs))
    return former.faults.map((fault) => ({ ...fault, retryMs: former.untilMs - nowMs }))
  const found = await Promise.all(objectsOf(needs).map((object) => faultOf(object, needs)))
  const faults = found.filter((fault) => fault !== undefined)
  // What may pass by itself is tried again at once.
  if (faults.every(({ kind }) => kind === 'stalled'))
    tried.set(uid, { release, faults, untilMs: nowMs + REFUSED_OBJECT_RETRY_MS })
  return faults
}

/** The objects of the release as they are once every service has it. */
function objectsOf({ model, facts, choice }: Needs): KubeObject[] {
  const { selection } = choice
  const { target } = selection
  const stage = { record: target, wait: undefined }
  // A proof that is refused is skipped.
  const only = { ...selection, records: [target], proof: { waitMs: 0 } }
  const stages = byService(model.services, () => stage)
  const objects = render({ ...choice, model, facts, selection: only, stages, jobs: new Set() })
  return objects.filter((object) => partsOf(object, model).includes('release'))
}

async function faultOf(object: KubeObject, { operator: { client }, chatApp }: Needs): Promise<PartFault | undefined> {
  try {
    await client.apply(object, { fieldManager: FIELD_MANAGER, force: true, dryRun: true })
    return undefined
  } catch (error) {
    if (!isAboutObject(error)) throw error
    // A webhook of an old form refuses every dry run, and says nothing about the object.
    if (error.message.includes('does not support dry run')) return undefined
    // The plan names a foreign object, which no change of the spec makes right.
    const live = await read(client, object)
    if (live !== undefined && ownershipOf(live, chatApp.metadata) === 'foreign') return undefined
    return { ...classify(withFields(error, object)), parts: ['release'] }
  }
}

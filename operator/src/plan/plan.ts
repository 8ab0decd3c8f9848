import { missingIn } from './contains.ts'
import { hashOf } from './hash.ts'
import { at } from '../runtime/json.ts'
import { keyOf, type KubeObject } from '../runtime/types.ts'
import { holderOf, ownershipOf, type Owner } from './ownership.ts'

export const DESIRED_HASH = 'chat-app.com/desired-hash'

/** On a Deployment: hash of the pod template that was sent, by which a change of the template alone is noticed. */
export const TEMPLATE_HASH = 'chat-app.com/template-hash'

/** How many former ControllerRevisions are kept. */
const REVISION_HISTORY = 10

/** One write, and in words why. `live` is the object as it was observed. */
export type Action =
  | { readonly type: 'create'; readonly object: KubeObject; readonly because: string }
  | { readonly type: 'update'; readonly object: KubeObject; readonly live: KubeObject; readonly because: string }
  | { readonly type: 'delete'; readonly live: KubeObject; readonly because: string }

type Deletion = Extract<Action, { type: 'delete' }>

export interface Plan {
  /** In the order in which they have to happen. */
  readonly actions: readonly Action[]
  /** Objects of our names that somebody else has: they are not touched. */
  readonly foreign: readonly string[]
  /** What has to be waited for: objects that are being deleted. */
  readonly leaving: readonly string[]
}

export interface PlanInput {
  readonly owner: Owner
  /** All that should exist, in the order of applying. */
  readonly desired: readonly KubeObject[]
  /** All that was observed: what we own, and what bears our labels under the name of a desired object. */
  readonly observed: readonly KubeObject[]
  /** Objects that must not be written yet, although they are desired. */
  readonly isHeld: (object: KubeObject) => boolean
  /** Paths that the server is known to write in its own way, by object: no drift. */
  readonly normalized?: (object: KubeObject) => ReadonlySet<string> | undefined
}

/** Decides what to write so that the observed becomes the desired. Pure; what is right already is not written. */
export function plan({ owner, desired, observed, isHeld, normalized }: PlanInput): Plan {
  const live = new Map(observed.map((object) => [nameOf(object), object]))
  const actions: Action[] = []
  const foreign: string[] = []
  const leaving: string[] = []
  for (const object of desired) {
    if (isHeld(object)) continue
    const present = live.get(nameOf(object))
    const whose = present === undefined ? undefined : ownershipOf(present, owner)
    if (present === undefined) actions.push({ type: 'create', object: sealed(object), because: 'it does not exist' })
    else if (whose === 'foreign') foreign.push(`${nameOf(present)} belongs to ${holderOf(present)}`)
    else if (present.metadata.deletionTimestamp !== undefined || whose === 'former') leaving.push(nameOf(present))
    else {
      const because = differenceOf(present, object, normalized?.(object))
      if (because !== undefined) actions.push({ type: 'update', object: sealed(object), live: present, because })
    }
  }
  const deletions = prunes(owner, desired, observed, isHeld)
  // A former migration must not go on beside its successor.
  const first = deletions.filter(({ live }) => live.kind === 'Job')
  const last = deletions.filter(({ live }) => live.kind !== 'Job')
  return { actions: [...first, ...actions, ...last], foreign, leaving }
}

/** Kind and name of an object, as messages give it. */
export function nameOf(object: KubeObject): string {
  return `${object.kind} ${keyOf(object)}`
}

/** The object with the hash of what was desired, by which a removed field is noticed. */
export function sealed(object: KubeObject): KubeObject {
  const annotations = {
    ...object.metadata.annotations,
    [DESIRED_HASH]: hashOf(object),
    ...(object.kind === 'Deployment' && { [TEMPLATE_HASH]: hashOf(at(object, 'spec', 'template')) }),
  }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

function differenceOf(
  live: KubeObject,
  desired: KubeObject,
  normalized: ReadonlySet<string> = new Set(),
): string | undefined {
  if (live.metadata.annotations?.[DESIRED_HASH] !== hashOf(desired)) return 'what is desired has changed'
  const missing = missingIn(live, desired).filter((path) => !normalized.has(path))
  return missing.length === 0 ? undefined : `${shown(missing)} changed`
}

/** Most paths that are told of one object. */
const SHOWN_PATHS = 3

function shown(paths: readonly string[]): string {
  const more = paths.length - SHOWN_PATHS
  const first = paths.slice(0, SHOWN_PATHS).join(', ')
  if (paths.length === 1) return `${first} was`
  return more > 0 ? `${first} and ${more} more were` : `${first} were`
}

/** What we own and nobody desires any more. Of ControllerRevisions the newest are kept as history. */
function prunes(
  owner: Owner,
  desired: readonly KubeObject[],
  observed: readonly KubeObject[],
  isHeld: (object: KubeObject) => boolean,
): Deletion[] {
  const wanted = new Set(desired.map(nameOf))
  const superfluous = observed.filter(
    (object) =>
      !wanted.has(nameOf(object)) &&
      object.metadata.deletionTimestamp === undefined &&
      ownershipOf(object, owner) === 'ours',
  )
  const revisions = superfluous.filter((object) => object.kind === 'ControllerRevision')
  const kept = new Set(
    revisions.sort((a, b) => Number(b['revision']) - Number(a['revision'])).slice(0, REVISION_HISTORY),
  )
  // Until its successor may run, the former migration Job stays as the record of the schema that is in use.
  const jobIsHeld = desired.some((object) => object.kind === 'Job' && isHeld(object))
  return superfluous
    .filter((object) => !kept.has(object) && !(object.kind === 'Job' && jobIsHeld))
    .map((live) => ({ type: 'delete' as const, live, because: 'it is no longer desired' }))
}

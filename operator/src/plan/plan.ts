import { MAX_NAMED_PATHS, REVISION_HISTORY } from '../limits.ts'
import { keyOf, type KubeObject } from '../runtime/types.ts'
import { missingIn } from './contains.ts'
import { holderOf, ownershipOf, type Owner } from './ownership.ts'
import { DESIRED_HASH } from './seal.ts'

/** One write with its reason. `live` is the object as it was read. */
export type Action =
  | { readonly type: 'create'; readonly object: KubeObject; readonly because: string }
  | { readonly type: 'update'; readonly object: KubeObject; readonly live: KubeObject; readonly because: string }
  | Deletion

export interface Deletion {
  readonly type: 'delete'
  readonly live: KubeObject
  readonly because: string
}

export interface Plan {
  /** In the order in which they have to happen. */
  readonly actions: readonly Action[]
  /** Objects with the name of a desired one that belong to others, one sentence for each. They are not changed. */
  readonly foreign: readonly string[]
  /** Objects that are being deleted and have the name of a desired one. */
  readonly leaving: readonly string[]
}

export interface PlanInput {
  readonly owner: Owner
  /** The sealed objects that should exist, in the order in which they are applied. */
  readonly desired: readonly KubeObject[]
  /** The live objects that the owner controls or that have its labels. */
  readonly observed: readonly KubeObject[]
  /** Whether a desired object must not be written yet. */
  readonly isHeld: (object: KubeObject) => boolean
  /** Whether a live object stays though it is not desired. @default none does */
  readonly isKept?: (live: KubeObject) => boolean
  /** Paths of an object that the server is known to write in another form; a difference there is not a change. */
  readonly normalized?: (object: KubeObject) => ReadonlySet<string> | undefined
}

/** Decides what to write so that the observed objects become the desired ones. An object that is right is not written. */
export function plan(input: PlanInput): Plan {
  const { owner, desired, observed, isHeld, normalized } = input
  const live = new Map(observed.map((object) => [nameOf(object), object]))
  const actions: Action[] = []
  const foreign: string[] = []
  const leaving: string[] = []
  for (const object of desired) {
    if (isHeld(object)) continue
    const present = live.get(nameOf(object))
    const ownership = present === undefined ? undefined : ownershipOf(present, owner)
    if (present === undefined) actions.push({ type: 'create', object, because: 'it does not exist' })
    else if (ownership === 'foreign') foreign.push(`${nameOf(present)} belongs to ${holderOf(present)}`)
    else if (present.metadata.deletionTimestamp !== undefined || ownership === 'former') leaving.push(nameOf(present))
    else {
      const because = differenceOf(present, object, normalized?.(object))
      if (because !== undefined) actions.push({ type: 'update', object, live: present, because })
    }
  }
  const deletions = deletionsOf(input)
  // A former migration must not run beside the new one.
  const first = deletions.filter(({ live }) => live.kind === 'Job')
  const last = deletions.filter(({ live }) => live.kind !== 'Job')
  return { actions: [...first, ...actions, ...last], foreign, leaving }
}

/** Kind, namespace and name of an object, for messages. */
export function nameOf(object: KubeObject): string {
  return `${object.kind} ${keyOf(object)}`
}

function differenceOf(
  live: KubeObject,
  desired: KubeObject,
  normalized: ReadonlySet<string> = new Set(),
): string | undefined {
  if (live.metadata.annotations?.[DESIRED_HASH] !== desired.metadata.annotations?.[DESIRED_HASH])
    return 'the desired state has changed'
  const missing = missingIn(live, desired).filter((path) => !normalized.has(path))
  return missing.length === 0 ? undefined : `${listOf(missing)} changed`
}

function listOf(paths: readonly string[]): string {
  const more = paths.length - MAX_NAMED_PATHS
  const first = paths.slice(0, MAX_NAMED_PATHS).join(', ')
  if (paths.length === 1) return `${first} was`
  return more > 0 ? `${first} and ${more} more were` : `${first} were`
}

/** Deletes objects of the owner that are not desired. Of ControllerRevisions the newest are kept as history. */
function deletionsOf({ owner, desired, observed, isHeld, isKept = () => false }: PlanInput): Deletion[] {
  const wanted = new Set(desired.map(nameOf))
  const superfluous = observed.filter(
    (object) =>
      !wanted.has(nameOf(object)) &&
      !isKept(object) &&
      object.metadata.deletionTimestamp === undefined &&
      ownershipOf(object, owner) === 'ours',
  )
  const revisions = superfluous.filter((object) => object.kind === 'ControllerRevision')
  const kept = new Set(
    revisions.sort((a, b) => Number(b['revision']) - Number(a['revision'])).slice(0, REVISION_HISTORY),
  )
  // Until the next migration may run, the former Job stays as the record of the schema that is in use.
  const jobIsHeld = desired.some((object) => object.kind === 'Job' && isHeld(object))
  return superfluous
    .filter((object) => !kept.has(object) && !(object.kind === 'Job' && jobIsHeld))
    .map((live) => ({ type: 'delete' as const, live, because: 'it is no longer desired' }))
}

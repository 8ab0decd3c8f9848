import { MAX_NAMED_PATHS } from '../limits.ts'
import { isTerminating } from '../observe/pods.ts'
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
  /** Desired objects whose names belong to others. */
  readonly foreign: readonly Foreign[]
  /** Objects that are being deleted and have the name of a desired one. */
  readonly leaving: readonly string[]
}

/** A desired object whose name belongs to others, and a part of a sentence that says to whom. It is not written. */
export interface Foreign {
  readonly object: KubeObject
  readonly holder: string
}

export interface PlanInput {
  readonly owner: Owner
  /** The sealed objects that should exist, in the order in which they are applied. */
  readonly desired: readonly KubeObject[]
  /** The live objects that the owner controls or that have its labels. */
  readonly observed: readonly KubeObject[]
  /** Whether a desired object must not be written yet. */
  readonly isHeld: (object: KubeObject) => boolean
  /** Whether an object of the owner stays although it is not desired. */
  readonly isKept?: (object: KubeObject) => boolean
  /** Paths of an object that the server is known to write in another form; a difference there is not a change. */
  readonly normalized?: (object: KubeObject) => ReadonlySet<string> | undefined
}

/** Decides what to write so that the observed objects become the desired ones. An object that is right is not written. */
export function plan({ owner, desired, observed, isHeld, isKept, normalized }: PlanInput): Plan {
  const live = new Map(observed.map((object) => [nameOf(object), object]))
  const actions: Exclude<Action, Deletion>[] = []
  const foreign: Foreign[] = []
  const leaving: string[] = []
  for (const object of desired) {
    if (isHeld(object)) continue
    const present = live.get(nameOf(object))
    const ownership = present === undefined ? undefined : ownershipOf(present, owner)
    if (present === undefined) actions.push({ type: 'create', object, because: 'it does not exist' })
    else if (ownership === 'foreign') foreign.push(foreignOf(object, present))
    else if (isTerminating(present) || ownership === 'former') leaving.push(nameOf(present))
    else {
      const because = differenceOf(present, object, normalized?.(object))
      if (because !== undefined) actions.push({ type: 'update', object, live: present, because })
    }
  }
  const deletions = deletionsOf(owner, desired, observed).filter(({ live }) => isKept?.(live) !== true)
  // A former migration must not run beside the new one, and its result is recorded before its Job is deleted.
  const first = deletions.filter(({ live }) => live.kind === 'Job')
  const last = deletions.filter(({ live }) => live.kind !== 'Job')
  const begin = actions.findLastIndex(({ object }) => object.kind === 'ControllerRevision') + 1
  const [recorded, others] = [actions.slice(0, begin), actions.slice(begin)]
  return { actions: [...recorded, ...first, ...others, ...last], foreign, leaving }
}

/** @param live the object that has the name */
export function foreignOf(object: KubeObject, live: KubeObject): Foreign {
  return { object, holder: `${nameOf(live)} belongs to ${holderOf(live)}` }
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

/** Deletes objects of the owner that are not desired, and records of its former life, as after `--cascade=orphan`. */
function deletionsOf(owner: Owner, desired: readonly KubeObject[], observed: readonly KubeObject[]): Deletion[] {
  const wanted = new Set(desired.map(nameOf))
  return observed
    .filter((object) => !wanted.has(nameOf(object)) && !isTerminating(object))
    .filter((object) => isDisposable(object, owner))
    .map((live) => ({ type: 'delete' as const, live, because: 'it is no longer desired' }))
}

function isDisposable(object: KubeObject, owner: Owner): boolean {
  const ownership = ownershipOf(object, owner)
  return ownership === 'ours' || (ownership === 'adoptable' && object.kind === 'ControllerRevision')
}

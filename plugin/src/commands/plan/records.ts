import { LEARNED } from '@chat-app/chat/annotations'
import { isRelease, type StoredRelease } from '@chat-app/chat/release'
import type { ControllerRevision, KubeObject } from '../../cluster/objects.ts'
import { learnedIn } from '../status/releases.ts'

/** A stored release, as far as a plan needs it. */
export interface PlannedRelease extends StoredRelease {
  readonly learned: StoredRelease['learned'] & {
    readonly failed?: { readonly message: string; readonly retry?: string }
    /** Keyed hashes of the values that its pods read only at start. */
    readonly secrets?: Readonly<Record<string, string>>
  }
}

/** The stored releases. Those of the first operator have another form, and are left out. */
export function recordsIn(objects: readonly KubeObject[]): PlannedRelease[] {
  const revisions = objects.filter((object): object is ControllerRevision => object.kind === 'ControllerRevision')
  return revisions.flatMap((revision) => {
    const { metadata, revision: number = 0, data } = revision
    if (metadata.deletionTimestamp !== undefined || !isRelease(data)) return []
    return [{ name: metadata.name, number, release: data, learned: learnedOf(revision) }]
  })
}

function learnedOf({ metadata: { annotations = {} } }: ControllerRevision): PlannedRelease['learned'] {
  const { takenBack, ...fields } = LEARNED
  const known = Object.entries(fields).filter(([, annotation]) => annotation in annotations)
  // It is a text alone: the value of another annotation.
  const [, value] = /^"(.*)"$/.exec(annotations[takenBack] ?? '') ?? []
  return {
    ...Object.fromEntries(known.map(([key, annotation]) => [key, learnedIn(annotations[annotation])])),
    ...(value !== undefined && { takenBack: value }),
  }
}

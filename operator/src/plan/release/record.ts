import { INPUTS, type Component, type Facts } from '@chat-app/chat'
import { LEARNED } from '@chat-app/chat/annotations'
import { isRelease, type StoredRelease } from '@chat-app/chat/release'
import type { Migration } from '../../observe/migration.ts'
import { MAX_PROOF_MESSAGE_CHARACTERS } from '../../limits.ts'
import { proofResultIn, type ProofResult } from '../../observe/proof.ts'
import { shorten } from '../../observe/text.ts'
import { at, fieldsOf, isRecord, parseJson } from '../../runtime/json.ts'
import type { KubeObject, ObjectMeta } from '../../runtime/types.ts'

/** What was learned of a release after its record was made. All of it together is bounded by `MAX_LEARNED_BYTES`. */
export interface Learned {
  /** The result of its migration; present once it has ended well. */
  readonly migration?: Migration
  /** When all its pods ran and were available, and the number that it had then. */
  readonly good?: { readonly number: number; readonly since: string }
  /** Why it went back to the last good release. */
  readonly failed?: ReleaseFailure
  /** Since when, or until when, it was not judged, because pods of other releases suffered too. */
  readonly held?: { readonly since?: string; readonly until?: string }
  /** What its present rollout has proven; absent where there was no former release to compare with. */
  readonly proof?: Proof
  /** Value of the ChatApp's annotation by which it was taken back. */
  readonly takenBack?: string
  /** Keyed hashes of the values that its pods read only at start, when it was rolled out. */
  readonly secrets?: Readonly<Record<string, string>>
}

export interface Proof {
  /** When the rollout began. */
  readonly since: string
  /** How often it was begun again. @default 0 */
  readonly attempt?: number
  /** Until when it waits before it begins again, and why. */
  readonly again?: { readonly at: string; readonly because: string }
  readonly before?: ProofResult
  readonly during?: ProofResult
}

export interface ReleaseFailure {
  readonly reason: string
  readonly message: string
  readonly at: string
  /** Keyed hash of the Secrets that it read: other values are a reason to try it again. */
  readonly secrets: string
  /** Value of the ChatApp's annotation that asks to try it again, as it was then. */
  readonly retry?: string
}

/** A release with its number, as a ControllerRevision stores it. */
export interface ReleaseRecord extends StoredRelease {
  readonly learned: Learned
  readonly isStored: boolean
}

const LEARNED_KEYS = Object.keys(LEARNED) as (keyof typeof LEARNED)[]
/** The record that a ControllerRevision stores; undefined for one of another shape. */
export function readRecord(object: KubeObject): ReleaseRecord | undefined {
  const release = object['data']
  if (!isRelease(release)) return undefined
  return {
    name: object.metadata.name,
    number: numberOf(object),
    release,
    learned: learnedOf(object),
    isStored: true,
  }
}

export function numberOf(revision: KubeObject): number {
  return Number(revision['revision'] ?? 0)
}

/** The ControllerRevision of a record. */
export function recordObject(
  { name, number, release, learned }: ReleaseRecord,
  { namespace, labels, owner }: Pick<ObjectMeta, 'namespace' | 'labels'> & { owner: NonNullable<Facts['owner']> },
): KubeObject {
  const annotations = Object.fromEntries(
    LEARNED_KEYS.filter((key) => learned[key] !== undefined).map((key) => [LEARNED[key], JSON.stringify(learned[key])]),
  )
  const metadata: ObjectMeta = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { ...labels, 'app.kubernetes.io/version': release.version },
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
  }
  return { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata, revision: number, data: release }
}

/** The hash of what the pods of a service are made of, which their annotation has too. */
export function inputsOf({ release }: ReleaseRecord, component: Component): string | undefined {
  return at<string>(release.templates[component], 'metadata', 'annotations', INPUTS)
}

/** Anybody who may write ControllerRevisions can write these annotations, so a broken one is ignored. */
function learnedOf({ metadata }: KubeObject): Learned {
  const entries = LEARNED_KEYS.map((key) => [key, fieldsIn(metadata.annotations?.[LEARNED[key]])] as const)
  const { proof: stored, ...learned } = Object.fromEntries(entries.filter(([, value]) => value !== undefined))
  const proof = proofIn(stored)
  return { ...learned, ...(proof && { proof }) }
}

/** Its results are sanitized, since the status repeats them. */
function proofIn(value: unknown): Proof | undefined {
  const { since, attempt, again, before, during } = fieldsOf(value)
  if (typeof since !== 'string' || Number.isNaN(Date.parse(since))) return undefined
  const results = { before: proofResultIn(before), during: proofResultIn(during) }
  const known = Object.entries(results).filter(([, result]) => result !== undefined)
  return {
    since,
    ...(Number.isSafeInteger(attempt) && { attempt: Number(attempt) }),
    ...againIn(again),
    ...Object.fromEntries(known),
  }
}

function againIn(value: unknown): Pick<Proof, 'again'> {
  const { at, because } = fieldsOf(value)
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at)) || typeof because !== 'string') return {}
  return { again: { at, because: shorten(because, MAX_PROOF_MESSAGE_CHARACTERS) } }
}

function fieldsIn(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    const value = parseJson<unknown>(text)
    return typeof value === 'string' || isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

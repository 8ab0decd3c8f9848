import { DECISIONS } from '../annotations.ts'
import type { Model } from '../model.ts'
import { decide, takenBackOf } from './decide.ts'
import { isReleaseOf, pathsBetween, type Release } from './release.ts'
import { restarted, restartedLike } from './restart.ts'
import { updateMs } from './schedule.ts'
import { recordName, type StoredRelease } from './stored.ts'
import { fixesFor, type UrgentFix } from './urgent.ts'

export interface TargetInput<R extends StoredRelease> {
  readonly model: Model
  /** What `rolling` returned: the hash of the Secrets that pods read only at start. */
  readonly rolled: string
  /** Annotations of the ChatApp. */
  readonly annotations: Readonly<Record<string, string>>
  /** What this version of the operator renders for the ChatApp. */
  readonly fresh: Release
  readonly records: readonly R[]
  readonly urgentFixes: readonly UrgentFix[]
  readonly now: Date
}

/** The release that the spec asks for. */
export interface Target<R extends StoredRelease> {
  readonly name: string
  readonly number: number
  readonly release: Release
  readonly stored: R | undefined
  /** Whether an earlier release is rolled out once more, with a new number. */
  readonly isAgain: boolean
}

/**
 * The newest stored release of the same spec and Secrets, also when this operator would render it differently; a person or
 * the spec decides when its update is taken. A release that is not the newest one is rolled out again with the next number.
 */
export function targetOf<R extends StoredRelease>(input: TargetInput<R>): Target<R> {
  const { model, annotations, fresh, records } = input
  const newest = Math.max(0, ...records.map(({ number }) => number))
  const same = sameOf(input)
  const keeps = same !== undefined && !takesUpdate(same, newest, input)
  const restart = restartOf(same, input)
  if (keeps && restart === undefined) {
    const { name, release } = same
    const isAgain = same.number !== newest
    return { name, release, number: isAgain ? newest + 1 : newest, stored: same, isAgain }
  }
  const former = same ?? records.find(({ number }) => number === newest)
  const update = annotations[DECISIONS.update]
  const made = {
    ...restartedLike(fresh, former?.release),
    ...(update !== undefined && { update }),
    ...(isObeyed(input) && { restart: annotations[DECISIONS.restart] }),
  }
  const present = keeps ? same.release : made
  const release = restart === undefined ? present : restarted(present, restart)
  const name = recordName(model.name, release)
  const stored = records.find((record) => record.name === name)
  return { name, number: newest + 1, release, stored, isAgain: false }
}

/** Each value of the annotation replaces the pods once, and none while a former release runs in place of the target. */
function restartOf<R extends StoredRelease>(same: R | undefined, input: TargetInput<R>): string | undefined {
  const value = input.annotations[DECISIONS.restart]
  if (value === undefined || isObeyed(input)) return undefined
  if (same === undefined) return value
  const takenBack = takenBackOf(same, input)
  const asked = { ...same, learned: { ...same.learned, ...(takenBack !== undefined && { takenBack }) } }
  const others = input.records.filter(({ name }) => name !== same.name)
  return decide<StoredRelease>(asked, others).type === 'back' ? undefined : value
}

/** Whether the pods were replaced for the present value of the annotation. */
function isObeyed<R extends StoredRelease>({ annotations, records }: TargetInput<R>): boolean {
  const value = annotations[DECISIONS.restart]
  return value !== undefined && records.some(({ release }) => release.restart === value)
}

/** The newest stored release of the same spec and Secrets. */
export function sameOf<R extends StoredRelease>({ model, rolled, records }: TargetInput<R>): R | undefined {
  const same = records.filter(({ release }) => isReleaseOf(release, model, rolled))
  return same.sort((a, b) => b.number - a.number)[0]
}

/** With `Auto` a release that is rolled out again brings its update, and a new rollout begins for an update alone at its time. */
function takesUpdate<R extends StoredRelease>(present: R, newest: number, input: TargetInput<R>): boolean {
  const { fresh, model, annotations, now } = input
  if (pathsBetween(present.release, restartedLike(fresh, present.release)).length === 0) return false
  if (urgentFor(present, input).length > 0) return true
  const annotation = annotations[DECISIONS.update]
  if (annotation !== undefined && annotation !== present.release.update) return true
  if (present.number < newest) return model.spec.rollout.operatorUpdates === 'Auto'
  return updateAtOf(present, input) === now.getTime()
}

/** The urgent fixes that a stored release lacks. */
export function urgentFor(
  present: StoredRelease | undefined,
  { urgentFixes }: Pick<TargetInput<StoredRelease>, 'urgentFixes'>,
): readonly UrgentFix[] {
  return present === undefined ? [] : fixesFor(present.release, urgentFixes)
}

/** When `operatorUpdates: Auto` takes the update of a release, in milliseconds since 1970; undefined when it does not. */
export function updateAtOf(
  { release }: Pick<StoredRelease, 'release'>,
  { model, now }: Pick<TargetInput<StoredRelease>, 'model' | 'now'>,
): number | undefined {
  return model.spec.rollout.operatorUpdates === 'Auto' ? updateMs(release, model, now.getTime()) : undefined
}

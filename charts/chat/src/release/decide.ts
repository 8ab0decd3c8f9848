import { DECISIONS } from '../annotations.ts'
import { rollbackRefusal } from './minimum-version.ts'
import { lastGood, type StoredRelease } from './stored.ts'

/** Which release should run: the target, or a former one. */
export type Decision<R> =
  | { readonly type: 'target'; readonly wanted: R }
  /** It goes back, since it has failed or by the annotation. */
  | { readonly type: 'back'; readonly wanted: R; readonly why: string; readonly isByHand: boolean }
  /** It cannot go back, although it should; or the annotation names no release. */
  | { readonly type: 'refused' | 'invalid'; readonly wanted: R; readonly message: string }

/**
 * Decides which release should run.
 *
 * @param target the release that the spec asks for, with what was learned of it. @param others the other stored releases
 */
export function decide<R extends StoredRelease>(target: R, others: readonly R[]): Decision<R> {
  const { failed, takenBack } = target.learned
  if (takenBack !== undefined) return takeBack(takenBack, target, others)
  const fallback = lastGood(others)
  if (failed === undefined || fallback === undefined) return { type: 'target', wanted: target }
  const why = `release ${releaseTitle(target)} failed: ${failed.message}`
  const refusal = rollbackRefusal(fallback, [target, ...others])
  if (refusal !== undefined) return refused(target, `${why}; ${refusal}`)
  return { type: 'back', wanted: fallback, why, isByHand: false }
}

/** The decision by a value of the annotation. */
export function takeBack<R extends StoredRelease>(value: string, target: R, others: readonly R[]): Decision<R> {
  const number = Number(/^(\d{1,9})(@|$)/.exec(value)?.[1] ?? Number.NaN)
  const to = [target, ...others].find((record) => record.number === number)
  if (to === undefined) {
    const known = [target, ...others].map((record) => record.number).join(', ')
    const message = `annotation ${DECISIONS.rollback}: no release has this number (it is "${value.slice(0, 100)}"): set one of ${known}`
    return { type: 'invalid', wanted: target, message }
  }
  if (to === target) return { type: 'target', wanted: target }
  const refusal = rollbackRefusal(to, [target, ...others])
  const why = `annotation ${DECISIONS.rollback} asks for release ${releaseTitle(to)}`
  if (refusal !== undefined) return refused(target, `${why}; ${refusal}`)
  return { type: 'back', wanted: to, why, isByHand: true }
}

/** The annotation takes back the release that is the target when it is set, and no later one. */
export function takenBackOf(
  target: Pick<StoredRelease, 'name'>,
  {
    records,
    annotations,
  }: { readonly records: readonly StoredRelease[]; readonly annotations: Readonly<Record<string, string>> },
): string | undefined {
  const value = annotations[DECISIONS.rollback]
  if (value === undefined) return undefined
  const isUsed = records.some(({ name, learned }) => name !== target.name && learned.takenBack === value)
  return isUsed ? undefined : value
}

/**
 * Whether the release is the last one that was good: it is gone back to, and needs no proof. Without another good release
 * there is nothing to compare with.
 *
 * @param fallback the last good one of the others
 */
export function goesBack(
  { learned }: Pick<StoredRelease, 'learned'>,
  fallback: Pick<StoredRelease, 'learned'> | undefined,
): boolean {
  return fallback === undefined || (learned.good?.number ?? 0) > (fallback.learned.good?.number ?? 0)
}

/** Number and version of a release, for messages. */
export function releaseTitle({ number, release }: Pick<StoredRelease, 'number' | 'release'>): string {
  return `${number} (${release.version})`
}

function refused<R>(target: R, message: string): Decision<R> {
  return { type: 'refused', wanted: target, message }
}

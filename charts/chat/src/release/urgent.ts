import { gte, valid } from 'semver'
import type { Release } from './release.ts'

/** A fault of the pods that former operators rendered, which must not wait for the next release, such as a vulnerability. */
export interface UrgentFix {
  /** What is wrong with those pods, as a clause: `the API can write to its root file system`. */
  readonly fault: string
  /** The first version of the operator that renders them without the fault. */
  readonly fixedIn: string
}

/** The faults of released operators, of which there is none so far. */
export const URGENT_FIXES: readonly UrgentFix[] = []

/** The fixes that a stored release lacks. One whose operator is not known lacks all. */
export function fixesFor({ operator }: Release, fixes: readonly UrgentFix[]): readonly UrgentFix[] {
  return fixes.filter(({ fixedIn }) => valid(operator) === null || !gte(operator, fixedIn))
}

import { unknownName } from '@chat-app/cli'
import type { Check } from './checks.ts'

/** Checks that run only when they are named, because they take long or need more programs. They are created then. */
export type OptionalChecks = Readonly<Record<string, () => Promise<Check>>>

/**
 * The checks with these names; without names, all that are not optional.
 *
 * @throws Error for an unknown name, or for a named check that this machine cannot run
 */
export async function chooseChecks(
  names: readonly string[],
  checks: readonly Check[],
  optional: OptionalChecks,
): Promise<Check[]> {
  if (names.length === 0) return [...checks]
  const valid = [...checks.map(({ name }) => name), ...Object.keys(optional)]
  const unknown = names.find((name) => !valid.includes(name))
  if (unknown !== undefined) throw new Error(unknownName('check', unknown, valid))
  const wanted = Object.entries(optional).filter(([name]) => names.includes(name))
  const made = await Promise.all(wanted.map(([, make]) => make()))
  const chosen = [...checks.filter(({ name }) => names.includes(name)), ...made]
  const skipped = chosen.find(({ skip }) => skip !== undefined)
  if (skipped === undefined) return chosen
  throw new Error(`"${skipped.name}" cannot run on this machine: ${skipped.skip}`)
}

import { unknownName } from '@chat-app/cli'
import type { Check } from './checks.ts'

/** Checks that take longer or need more programs: they run only by name, and are made then. */
export type FurtherChecks = Readonly<Record<string, () => Promise<Check>>>

/**
 * The checks with these names, or all but the further ones when no name is given.
 *
 * @throws Error that names the valid ones, or says why a named one cannot run here
 */
export async function chooseChecks(
  names: readonly string[],
  checks: readonly Check[],
  further: FurtherChecks,
): Promise<Check[]> {
  if (names.length === 0) return [...checks]
  const valid = [...checks.map(({ name }) => name), ...Object.keys(further)]
  const unknown = names.find((name) => !valid.includes(name))
  if (unknown !== undefined) throw new Error(unknownName('check', unknown, valid))
  const wanted = Object.entries(further).filter(([name]) => names.includes(name))
  const made = await Promise.all(wanted.map(([, make]) => make()))
  const chosen = [...checks.filter(({ name }) => names.includes(name)), ...made]
  const skipped = chosen.find(({ skip }) => skip !== undefined)
  if (skipped === undefined) return chosen
  throw new Error(`"${skipped.name}" cannot run here: ${skipped.skip}`)
}
